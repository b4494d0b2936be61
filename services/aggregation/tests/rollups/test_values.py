from datetime import date
from typing import Any

import pytest

from aggregation.protocol.strings import public_version
from aggregation.rollups.rebuild import Rebuild
from aggregation.rollups.values import (
    COUNTRIES,
    NAMED_VERSIONS,
    OLD,
    OTHER,
    RECENT_VERSIONS,
    KnownVersions,
    country,
    python_version,
)
from aggregation.storage.engine import Database
from aggregation.storage.schema import ROLLUPS
from aggregation.storage.versions import versions
from tests.made import WEEK, count, folded, known, made, sums, verified


def values(storage: Database, metric: str, week: int = WEEK) -> dict[str, int]:
    found = ((name.partition(":"), total) for name, total in sums(storage, week).items())
    return {value: total for (name, _, value), total in found if name == metric}


def invented(number: int) -> dict[str, Any]:
    return {
        "app_version": f"{number}.{number}.1",
        "python_version": f"{number}.{number}",
        "previous_app_version": f"0.{number}",
        "printernizer_version": f"{number}.0.0",
        "country_code": "ZZ",
        "consent_version": 1000 + number,
    }


def test_invented_values_make_no_sums_of_their_own(storage: Database) -> None:
    folded(storage, made(protocol="2.0", **invented(4)))
    before = count(storage, ROLLUPS), set(sums(storage))
    folded(storage, *(made(protocol="2.0", **invented(number)) for number in range(5, 45)))
    assert (count(storage, ROLLUPS), set(sums(storage))) == before
    assert values(storage, "app_version") == values(storage, "python_version") == {OTHER: 41}
    assert values(storage, "consent_version") == {OTHER: 41}
    assert values(storage, "printernizer_version") == {OTHER: 41}
    assert values(storage, "migration") == {"other>other": 41}
    assert verified(storage).agrees


def test_version_that_is_added_becomes_itself_in_all_sums(storage: Database) -> None:
    folded(
        storage,
        made("a", WEEK, app_version="2.50.0"),
        made("a", WEEK + 1, app_version="2.51.0"),
        made("b", WEEK, app_version="2.42.0"),
    )
    assert values(storage, "migration", WEEK + 1) == {"other>other": 1}
    known(storage, "2.50.0")
    assert Rebuild(storage).count_anew() == 2
    assert values(storage, "app_version") == {"2.50.0": 1, "2.42.0": 1}
    assert sums(storage, WEEK, "app_version", "2.50.0")["active:"] == 1
    assert not sums(storage, WEEK, "app_version", OTHER)
    assert values(storage, "migration", WEEK + 1) == {"2.50.0>other": 1}
    assert values(storage, "previous_version", WEEK + 1) == {"2.50.0": 1}
    assert verified(storage).agrees
    assert Rebuild(storage).count_anew() == 0


def test_printernizer_is_counted_by_name_once_its_version_is_known(storage: Database) -> None:
    for version in ("2.50.0", "2.42.0"):
        folded(storage, made(protocol="2.0", printernizer_mode="docker", printernizer_version=version))
    folded(storage, made(protocol="2.0"))
    assert values(storage, "printernizer_version") == {"2.42.0": 1, OTHER: 1}
    assert sums(storage, WEEK, "printernizer_version", OTHER)["active:"] == 1
    known(storage, "2.50.0")
    assert Rebuild(storage).count_anew() == 1
    assert values(storage, "printernizer_version") == {"2.42.0": 1, "2.50.0": 1}
    assert not sums(storage, WEEK, "printernizer_version", OTHER)
    assert values(storage, "printernizer_mode") == {"docker": 2}
    assert verified(storage).agrees


def test_late_week_of_a_home_is_counted_with_known_versions(storage: Database) -> None:
    folded(storage, made("a", WEEK + 1), made("a", WEEK, app_version="7.7.7"))
    assert values(storage, "migration", WEEK + 1) == {"other>2.42.0": 1}
    assert verified(storage).agrees


def test_only_the_newest_versions_are_counted_by_name() -> None:
    versions = [f"1.{number}.0" for number in range(NAMED_VERSIONS + 50)]
    ways = [KnownVersions(versions).counted_as(version) for version in versions]
    assert ways == [OTHER] * 50 + [OLD] * (NAMED_VERSIONS - RECENT_VERSIONS) + [None] * RECENT_VERSIONS
    assert KnownVersions(versions).counted_anew(versions[0], None) is None
    assert KnownVersions(versions).counted_anew("9.9.9", None) == OTHER


def test_pairs_of_versions_are_few_however_many_are_known(storage: Database) -> None:
    versions = [f"1.{number}.0" for number in range(RECENT_VERSIONS + 5)]
    known(storage, *versions)
    folded(storage, made(protocol="2.0", app_version="1.34.0", previous_app_version="1.0.0"))
    assert values(storage, "migration") == {"other>1.34.0": 1}
    assert values(storage, "previous_version") == {"1.0.0": 1}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("3.14.2", "3.14"),
        ("3.14", "3.14"),
        ("2.7.18", OTHER),
        ("3.99.1", OTHER),
        ("3", OTHER),
        ("snake", OTHER),
        (None, OTHER),
    ],
)
def test_python_has_two_numbers(text: str | None, name: str) -> None:
    assert python_version(text) == name


@pytest.mark.parametrize(
    ("code", "counted"),
    [
        ("DE", "DE"),
        ("UK", "GB"),
        ("XK", "XK"),
        ("ZZ", None),
        ("EU", None),
        ("AN", None),
        ("SU", None),
        ("QQ", None),
    ],
)
def test_countries_are_real_ones(code: str, counted: str) -> None:
    assert country(code) == counted
    assert len(COUNTRIES) == 250


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("2.10", "2.10.0"),
        ("2.10.0", "2.10.0"),
        ("2.10.0.0", "2.10.0"),
        ("2.10.0.1", "2.10.0.1"),
        ("2", "2.0.0"),
        ("v2.10-rc1+mine", "2.10.0rc1"),
        ("1!1.0", "1!1.0.0"),
        ("2.10.post1.dev3", "2.10.0.post1.dev3"),
        ("1" * 50, None),
        ("two", None),
    ],
)
def test_one_version_has_one_name(text: str, normal: str | None) -> None:
    assert public_version(text) == normal


def test_days_are_kept_with_versions(storage: Database) -> None:
    known(storage, "4.0.0")
    known(storage, "4.0.0")
    with storage.reading() as connection:
        assert versions(connection)["4.0.0"] == date(2026, 11, 1)
