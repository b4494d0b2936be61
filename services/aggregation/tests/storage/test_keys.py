from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy.exc import IntegrityError

from aggregation.storage import keys
from aggregation.storage.engine import Database
from aggregation.storage.records import ApiKeyRow, KeyScope, ReceiptKeyRow

DAY = date(2026, 11, 22)


def api_key(name: str = "grafana") -> ApiKeyRow:
    return ApiKeyRow(name=name, scope=KeyScope.READ, sha256=name.ljust(64, "0"), created_day=DAY)


def receipt_key(kid: str) -> ReceiptKeyRow:
    return ReceiptKeyRow(kid=kid, private_key="private", created_day=DAY)


def test_api_keys(storage: Database) -> None:
    with storage.writing() as connection:
        keys.add_api_key(connection, api_key())
        assert keys.api_keys(connection) == [api_key()]
        assert keys.rotate_api_key(connection, "grafana", "1" * 64, DAY)
        assert keys.api_keys(connection)[0].sha256 == "1" * 64
        assert keys.revoke_api_key(connection, "grafana", DAY)
        assert not keys.revoke_api_key(connection, "grafana", DAY)
        assert not keys.rotate_api_key(connection, "grafana", "2" * 64, DAY)
        assert keys.api_keys(connection)[0].revoked_day == DAY


def test_name_is_used_once(storage: Database) -> None:
    with storage.writing() as connection:
        keys.add_api_key(connection, api_key())
    with pytest.raises(IntegrityError), storage.writing() as connection:
        keys.add_api_key(connection, api_key())


def test_one_first_receipt_key(storage: Database) -> None:
    def ensure(number: int) -> list[ReceiptKeyRow]:
        with storage.writing() as connection:
            return keys.ensure_receipt_key(connection, receipt_key(f"k{number}"))

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(ensure, range(8)))
    assert all(rows == found[0] and len(rows) == 1 for rows in found)


def test_retired_receipt_key_is_kept(storage: Database) -> None:
    with storage.writing() as connection:
        keys.ensure_receipt_key(connection, receipt_key("old"))
        keys.add_receipt_key(connection, receipt_key("new"))
        keys.retire_receipt_key(connection, "old", DAY)
        rows = {row.kid: row.retired_day for row in keys.ensure_receipt_key(connection, receipt_key("x"))}
    assert rows == {"old": DAY, "new": None}
