"""Public tables: each home is in exactly one bucket, and all buckets are known beforehand."""

from typing import Any

from hypothesis import given, strategies as st
import pytest

from aggregation.dictionary import DICTIONARY
from aggregation.public.homes import PublicHome
from aggregation.public.numbers import histogram
from aggregation.public.tables import TURNS, UNTOLD, tables
from aggregation.rollups.values import COUNTRIES

RELEASED = [f"0.{minor}.0" for minor in range(12)]
TABLES = {table.name: table for table in tables(RELEASED)}
PRUSA = {"printer_types": frozenset({"prusa"})}
SILENT = PublicHome(None, None, None, None, None, None, None, None)

NUMBERS = st.none() | st.integers(0, 10_000)
HOMES = st.builds(
    PublicHome,
    version=st.none() | st.sampled_from([*RELEASED, "9.9.9", "other"]),
    deployment=st.none() | st.sampled_from([*DICTIONARY.enums["deployment_mode"], "tablet"]),
    country=st.none() | st.sampled_from([*sorted(COUNTRIES)[:9], "ZZ"]),
    printer_types=st.none() | st.frozensets(st.sampled_from([*DICTIONARY.enums["printer_type"], "new"])),
    ended=NUMBERS,
    completed=NUMBERS,
    hours=NUMBERS,
    errors=st.none() | st.frozensets(st.sampled_from([*DICTIONARY.enums["error_type"], "new_error"])),
)


@given(st.lists(HOMES, max_size=20))
def test_each_home_is_in_one_bucket_that_was_there_before(homes: list[PublicHome]) -> None:
    for table in TABLES.values():
        counts = histogram(table, homes)
        assert sum(counts.values()) == len(homes), table.name
        assert tuple(counts) == table.buckets


@given(HOMES, HOMES)
def test_a_home_moves_no_bucket_by_more_than_one(one: PublicHome, other: PublicHome) -> None:
    for table in TABLES.values():
        before, after = histogram(table, [one]), histogram(table, [other])
        moved = [abs(before[name] - after[name]) for name in table.buckets]
        assert sum(moved) in {0, 2}
        assert max(moved) <= 1


def test_what_is_not_told_is_not_guessed() -> None:
    for name in (
        "success_rate",
        "print_hours",
        "failures",
        "printers",
        "versions",
        "deployments",
        "countries",
    ):
        assert TABLES[name].bucket(SILENT) == UNTOLD


@pytest.mark.parametrize(
    ("table", "told", "bucket"),
    [
        ("success_rate", {"ended": 4, "completed": 4}, "too_few"),
        ("success_rate", {"ended": 5, "completed": 5}, "95-100"),
        ("success_rate", {"ended": 10, "completed": 5}, "50-69"),
        ("success_rate", {"ended": 100, "completed": 49}, "0-49"),
        ("success_rate", {"ended": 5, "completed": 9}, "95-100"),
        ("print_hours", {"hours": 0}, "0"),
        ("print_hours", {"hours": 4}, "1-4"),
        ("print_hours", {"hours": 5}, "5-9"),
        ("print_hours", {"hours": 168_000}, "80+"),
        ("failures", {"errors": frozenset()}, "none"),
        ("failures", {"errors": frozenset({"print_failed"})}, "print_failed"),
        ("failures", {"errors": frozenset({"print_failed", "store_error"})}, "several"),
        ("printers", {"printer_types": frozenset({"prusa"})}, "prusa"),
        ("printers", {"printer_types": frozenset({"prusa", "klipper"})}, "several"),
        ("versions", {"version": "0.11.0"}, "0.11.0"),
        ("versions", {"version": "0.3.0"}, "older"),
        ("versions", {"version": "9.9.9"}, "other"),
        ("deployments", {"deployment": "docker"}, "docker"),
        ("countries", {"country": "DE"}, "DE"),
        (
            "success_by_printer",
            {"printer_types": frozenset({"prusa"}), "ended": 9, "completed": 9},
            "prusa:95-100",
        ),
        ("success_by_printer", {"printer_types": frozenset({"prusa"}), "ended": 3, "completed": 3}, "rest"),
    ],
)
def test_buckets_are_what_they_are_called(table: str, told: dict[str, Any], bucket: str) -> None:
    assert TABLES[table].bucket(SILENT._replace(**told)) == bucket


def test_each_table_has_its_turn_and_no_turn_has_more_than_three() -> None:
    turns = [table.turn for table in TABLES.values()]
    assert set(turns) == set(range(TURNS))
    assert max(turns.count(turn) for turn in set(turns)) <= 3
