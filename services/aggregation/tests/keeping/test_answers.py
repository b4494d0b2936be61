"""Answers are made after what they tell of is on disk, in the order of the calls."""

import asyncio
from pathlib import Path

from msgspec import structs
import pytest
from sqlalchemy.exc import OperationalError

from aggregation.keeping import wire
from aggregation.keeping.process import WriterProcess
from aggregation.keeping.process_main import answered
from aggregation.keeping.writer import Writer
from aggregation.protocol.proof import Proven, Unproven
from aggregation.protocol.receipts import Claims, SigningKey
from aggregation.storage import keys
from aggregation.storage.engine import Database
from aggregation.storage.records import Deleted, Outcome
from aggregation.storage.schema import SUBMISSIONS
from tests.keeping.writing import DELETION, kept, proof
from tests.made import count, made


def test_batch_is_on_disk_before_its_receipts_are_signed(
    storage: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored: list[int] = []
    sign = SigningKey.sign

    def signed(key: SigningKey, claims: Claims) -> Claims:
        stored.append(count(storage, SUBMISSIONS))
        return sign(key, claims)

    monkeypatch.setattr(SigningKey, "sign", signed)
    writer = Writer(storage)
    report = made("a")
    answer = answered(writer, wire.Store([report, made("b")]))
    assert stored == [2, 2]
    assert isinstance(answer, wire.Batch)
    assert [each.outcome for each in answer.acknowledged] == [Outcome.NEW, Outcome.NEW]
    found = writer.find(report)
    assert found is not None
    assert found.receipt == answer.acknowledged[0].receipt


def test_what_cannot_be_signed_is_not_acknowledged(
    storage: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*_: object) -> None:
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr(keys, "ensure_receipt_key", unreadable)
    assert answered(Writer(storage), wire.Store([made()])) == wire.Failure()


def test_proofs_are_judged_one_by_one(storage: Database) -> None:
    good, bad = proof(), structs.replace(proof(), token="no.token.at-all")
    answer = answered(Writer(storage), wire.Prove([bad, good, bad]))
    assert isinstance(answer, wire.Judged)
    assert answer.verdicts == [
        Unproven("The proof is invalid"),
        good.judged(),
        Unproven("The proof is invalid"),
    ]
    assert isinstance(good.judged(), Proven)


def test_calls_of_all_kinds_are_answered_in_order(database: Path) -> None:
    async def work(writer: WriterProcess) -> None:
        proven = proof()
        crowd = [made(f"home {number}") for number in range(100)]
        calls = (
            writer.store(crowd),
            writer.find(crowd[0]),
            writer.prove([proven]),
            writer.delete(DELETION),
            writer.store(crowd[:1]),
        )
        first, found, verdicts, deleted, (again,) = await asyncio.gather(*calls)
        assert verdicts == [proven.judged()]
        assert {each.outcome for each in first} == {Outcome.NEW}
        assert found is not None
        assert found.receipt == first[0].receipt == again.receipt
        assert deleted == Deleted(count=0, day=DELETION.day)

    kept(f"sqlite:///{database}", work)
