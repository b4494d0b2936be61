"""What is published is what the integration reads at home, with its own code and from a real file."""

from datetime import timedelta
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
import sys
from typing import Any

import pytest

from aggregation.keys import new_receipt_key
from aggregation.public.archive import publication
from aggregation.public.file import CHANGE_OF_KEYS, PublicKeys, numbers_of, weekly_file
from aggregation.storage.engine import Database
from aggregation.storage.keys import add_receipt_key, ensure_receipt_key, receipt_keys, retire_receipt_key
from tests.public.conftest import NOW, work

HOME = Path(__file__).parents[4] / "custom_components" / "printernizer_stats" / "core" / "community"


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give the integration's own reading and comparing, which need no Home Assistant."""
    spec = spec_from_file_location(
        "read_at_home", HOME / "__init__.py", submodule_search_locations=[str(HOME)]
    )
    assert spec is not None
    monkeypatch.setitem(sys.modules, spec.name, module_from_spec(spec))
    for name in ("public_numbers", "comparison"):
        monkeypatch.delitem(sys.modules, f"{spec.name}.{name}", raising=False)
    return import_module(f"{spec.name}.comparison")


def latest(database: Database) -> bytes:
    """Return the file that homes get."""
    with database.reading() as connection:
        found = publication(connection)
    assert found is not None
    return found.file.encode()


def test_a_home_reads_the_file_and_compares_itself(fleet: Database, home: Any) -> None:
    for week in range(2):
        work(fleet, week)
    reading = sys.modules[home.PublicNumbers.__module__]
    numbers = reading.read(latest(fleet), [], (NOW + timedelta(weeks=1)).date())
    own = home.OwnPeriod(12, 9, 44.0)
    compared = home.compare(numbers, own, own, 40, ["prusa"])
    assert compared
    for each in compared:
        assert each.homes.low < each.homes.high
        assert each.homes.homes > 100


def test_a_home_follows_a_change_of_keys(fleet: Database, home: Any) -> None:
    work(fleet)
    reading = sys.modules[home.PublicNumbers.__module__]
    today = NOW.date()
    before = reading.read(latest(fleet), [], today)
    with fleet.writing() as connection:
        (old,) = ensure_receipt_key(connection, new_receipt_key())
        add_receipt_key(connection, new_receipt_key())
        retire_receipt_key(connection, old.kid, today)
        rows = receipt_keys(connection)
    numbers = numbers_of(latest(fleet).decode())
    during = weekly_file(numbers, PublicKeys(rows, today)).encode()
    afterwards = weekly_file(numbers, PublicKeys(rows, today + CHANGE_OF_KEYS)).encode()
    with pytest.raises(reading.PublicNumbersError):
        reading.read(afterwards, before.keys, today)
    named = reading.read(during, before.keys, today).keys
    assert reading.read(afterwards, named, today).keys == named[1:]
