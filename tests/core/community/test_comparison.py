"""Comparison with the community: what is compared with whom, and when nothing is."""

from datetime import date

import pytest

from custom_components.printernizer_stats.core.community.comparison import (
    Comparison,
    Figure,
    OwnPeriod,
    Range,
    compare,
)
from custom_components.printernizer_stats.core.community.public_numbers import PublicNumbers, read

from .files import KEY, numbers, public, signed

HOURS = {"0": 100, "1-4": 200, "5-9": 300, "10-19": 200, "20-39": 100, "40-79": 50, "80+": 50}
SUCCESS = {"0-49": 50, "50-69": 100, "70-79": 100, "80-89": 250, "90-94": 250, "95-100": 250}
LATELY, BEFORE = OwnPeriod(12, 9, 44.0), OwnPeriod(4, 4, 10.0)


def published(**tables: dict[str, int]) -> PublicNumbers:
    """Return the numbers of a file."""
    return read(signed(numbers(tables)), [public(KEY)], date(2026, 11, 26))


def compared(
    found: PublicNumbers, *, ever: int = 40, types: tuple[str, ...] = ("prusa",)
) -> dict[Figure, Comparison]:
    """Return the comparisons by figure."""
    return {each.figure: each for each in compare(found, LATELY, BEFORE, ever, types)}


def test_own_figures_stand_before_those_of_most_homes() -> None:
    found = compared(published(print_hours=HOURS, success_rate=SUCCESS))
    hours, success = found[Figure.PRINT_HOURS], found[Figure.SUCCESS_RATE]
    assert (hours.own, hours.before) == (11, 2.5)
    assert hours.homes == Range(1, 19, 1000, "2026-W47")
    assert (success.own, success.before) == (75, None), "a rate is made of five prints or more"
    assert success.homes == Range(80, 94, 1000, "2026-W47")


def test_nothing_is_compared_before_ten_own_prints() -> None:
    assert compared(published(print_hours=HOURS), ever=9) == {}
    assert compared(published(print_hours=HOURS), ever=10).keys() == {Figure.PRINT_HOURS}


def test_homes_that_did_not_tell_are_not_among_most_homes() -> None:
    halves = {name: share // 2 for name, share in SUCCESS.items()}
    found = compared(published(success_rate={**halves, "untold": 300, "too_few": 200}))
    assert found[Figure.SUCCESS_RATE].homes.homes == 500


def test_bands_that_are_hidden_are_not_guessed() -> None:
    assert compared(published(success_rate={"80-89": 600, "rest": 400})) == {}


def test_homes_with_the_same_printer_are_compared_where_they_are_enough() -> None:
    kind = {"prusa:0-79": 100, "prusa:80-94": 100, "prusa:95-100": 300, "rest": 500}
    like = compared(published(success_rate=SUCCESS, success_by_printer=kind))[Figure.SUCCESS_RATE].homes
    assert like == Range(80, 100, 500, "2026-W47", "prusa")


@pytest.mark.parametrize(
    ("kind", "types"),
    [
        ({"prusa:0-79": 10, "prusa:80-94": 9, "prusa:95-100": 10, "rest": 971}, ("prusa",)),
        ({"prusa:0-79": 100, "prusa:80-94": 100, "prusa:95-100": 300, "rest": 500}, ("prusa", "klipper")),
        ({"prusa:0-79": 100, "prusa:80-94": 100, "prusa:95-100": 300, "rest": 500}, ("klipper",)),
    ],
    ids=["too few homes", "two kinds of printers", "another printer"],
)
def test_else_all_homes_are_compared(kind: dict[str, int], types: tuple[str, ...]) -> None:
    found = compared(published(success_rate=SUCCESS, success_by_printer=kind), types=types)
    assert found[Figure.SUCCESS_RATE].homes.printer_type is None
    assert found[Figure.SUCCESS_RATE].homes.homes == 1000


def test_a_band_of_the_printer_that_is_hidden_makes_all_homes_compared() -> None:
    raw = numbers({"success_rate": SUCCESS, "success_by_printer": {"prusa:95-100": 500, "rest": 500}})
    raw["tables"]["success_by_printer"]["buckets"] = ["prusa:0-79", "prusa:80-94", "prusa:95-100", "rest"]
    found = compared(read(signed(raw), [public(KEY)], date(2026, 11, 26)))
    assert found[Figure.SUCCESS_RATE].homes.printer_type is None


def test_a_week_has_no_more_hours_than_it_has() -> None:
    found = compared(published(print_hours={"0": 100, "80+": 900}))
    assert found[Figure.PRINT_HOURS].homes == Range(80, 168, 1000, "2026-W47")
