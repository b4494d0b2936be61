from concurrent.futures import ThreadPoolExecutor

from msgspec.structs import replace
import pytest
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from aggregation.storage import inserts
from aggregation.storage.engine import Database
from aggregation.storage.inserts import columns_of, insert_each
from aggregation.storage.records import Outcome
from aggregation.storage.schema import PENDING, SUBMISSIONS
from aggregation.storage.submissions import find
from tests.made import WEEK, count, deleted, made, stored


def outcomes(database: Database, *reports: object) -> list[str]:
    return [str(entry.outcome) for entry in stored(database, *reports)]  # type: ignore[arg-type]


def test_new_rows_in_order(storage: Database) -> None:
    entries = stored(storage, *(made(week=WEEK - number % 50) for number in range(300)))
    assert {entry.outcome for entry in entries} == {Outcome.NEW}
    assert len({entry.submission_id for entry in entries}) == 300
    assert count(storage, SUBMISSIONS) == count(storage, PENDING) == 300


def test_what_is_stored(storage: Database) -> None:
    report = made(protocol="2.0", error_summary={"store_error": 1}, printer_types=["prusa"], uptime_hours=7)
    (entry,) = stored(storage, report)
    assert (entry.body_sha256, entry.protocol, entry.receipt_kid) == (report.body_sha256, "2.0", "a-key")
    with storage.reading() as connection:
        row = connection.execute(select(SUBMISSIONS)).mappings().one()
    expected = dict.fromkeys(row) | dict(report.columns) | {"id": entry.submission_id, "week": WEEK}
    expected |= {"installation_id": report.installation_id, "period_start": report.period_start}
    expected |= {"protocol": "2.0", "receipt_kid": "a-key", "received_day": report.received_day}
    expected |= {"body_sha256": report.body_sha256, "content_sha256": report.content_sha256}
    assert dict(row) == expected


def test_the_common_way_stores_the_same(storage: Database) -> None:
    report = made(error_summary={"store_error": 1}, printer_types=["prusa"], first_report=True)
    (entry,) = stored(storage, report)
    with storage.writing() as connection:
        before = connection.execute(select(SUBMISSIONS)).mappings().one()
        connection.execute(delete(SUBMISSIONS))
        numbers = insert_each(connection, [columns_of(report)], 7)
        after = connection.execute(select(SUBMISSIONS)).mappings().one()
        noted = connection.execute(select(PENDING).where(PENDING.c.since == 7)).one()
    assert numbers == {(report.installation_id, report.period_start): noted.submission_id}
    assert dict(after) == dict(before) | {"id": noted.submission_id}
    assert noted.submission_id > entry.submission_id


def test_same_and_conflict(storage: Database) -> None:
    first = made("a")
    (known,) = stored(storage, first)
    (again,) = stored(storage, first)
    (other,) = stored(storage, made("a", content="other"))
    assert (again.outcome, other.outcome) == (Outcome.SAME, Outcome.CONFLICT)
    assert again.submission_id == other.submission_id == known.submission_id
    assert other.body_sha256 == first.body_sha256
    assert count(storage, SUBMISSIONS) == count(storage, PENDING) == 1


def test_other_bytes_of_the_same_content_get_the_first_receipt(storage: Database) -> None:
    first = made("a")
    stored(storage, first)
    again = replace(first, body_sha256="f" * 64)
    (entry,) = stored(storage, again)
    assert (entry.outcome, entry.body_sha256) == (Outcome.SAME, first.body_sha256)


def test_within_one_batch(storage: Database) -> None:
    known = made("a")
    stored(storage, known)
    batch = [made("b"), known, made("b", content="other"), made("b"), made("a", WEEK + 1)]
    assert outcomes(storage, *batch) == ["new", "same", "conflict", "same", "new"]
    assert count(storage, SUBMISSIONS) == 3


def test_the_common_way_asks_first_what_is_known(storage: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inserts, "_WAYS", {})
    stored(storage, made("a"))
    assert outcomes(storage, made("b"), made("a"), made("b", content="other")) == ["new", "same", "conflict"]
    assert count(storage, SUBMISSIONS) == 2


def test_deleted_is_gone_for_ever(storage: Database) -> None:
    stored(storage, made("a"), made("b"))
    assert deleted(storage, "a") == 1
    assert outcomes(storage, made("a"), made("a", WEEK + 1), made("b")) == ["gone", "gone", "same"]
    assert stored(storage, made("a"))[0].submission_id == 0


def test_find_reads_only(storage: Database) -> None:
    stored(storage, made("a"), made("b"))
    deleted(storage, "b")
    with storage.reading() as connection:
        found = [
            find(connection, report) for report in (made("a"), made("a", content="x"), made("b"), made("c"))
        ]
    assert [entry.outcome if entry else None for entry in found] == ["same", "conflict", "gone", None]
    assert count(storage, SUBMISSIONS) == 1


def test_numbers_are_never_used_again(storage: Database) -> None:
    (first,) = stored(storage, made("a"))
    with storage.writing() as connection:
        connection.execute(delete(SUBMISSIONS))
    assert stored(storage, made("a"))[0].submission_id > first.submission_id


def test_database_itself_refuses_a_second_row(storage: Database) -> None:
    stored(storage, made("a"))
    with pytest.raises(IntegrityError), storage.writing() as connection:
        connection.execute(insert(SUBMISSIONS), columns_of(made("a")))


def test_deletion_waits_for_reports_that_are_being_stored(storage: Database) -> None:
    """Whoever of the two is first: nothing of a deleted installation is left."""

    def both(number: int) -> None:
        installation = f"i{number}"
        with ThreadPoolExecutor(2) as pool:
            pool.submit(stored, storage, made(installation))
            pool.submit(deleted, storage, installation, signed=True)

    for number in range(20):
        both(number)
    assert count(storage, SUBMISSIONS) == 0
