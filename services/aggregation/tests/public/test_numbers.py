"""Public numbers of a week: what is drawn, what it costs, and what is not shown."""

from collections.abc import Sequence
import json

import pytest

from aggregation.public.homes import PublicHome
from aggregation.public.milestones import reached
from aggregation.public.noise import discrete_laplace
from aggregation.public.numbers import FEWEST_HOMES, Drawn, draw
from aggregation.public.shares import WHOLE
from aggregation.public.tables import TURNS, tables

TABLES = tables(["0.1.0", "0.2.0"])
WEEK = 2970


def without_noise(counts: Sequence[int], _scale: float) -> list[int]:
    """Add nothing, so that what is drawn can be told beforehand."""
    return list(counts)


def fleet(size: int) -> list[PublicHome]:
    """Return homes of which four in five print with one kind of printer."""
    usual = PublicHome("0.2.0", "homeassistant", "DE", frozenset({"prusa"}), 10, 10, 30, frozenset())
    other = usual._replace(country="SE", printer_types=frozenset({"klipper"}), completed=6)
    return [other if number % 5 == 0 else usual for number in range(size)]


def drawn(size: int, week: int = WEEK, earlier: Drawn | None = None) -> Drawn:
    """Draw a week of a fleet without noise."""
    return draw(week, fleet(size), TABLES, without_noise, earlier.document if earlier else None)


def test_below_two_hundred_homes_only_their_number_is_published() -> None:
    few = drawn(FEWEST_HOMES - 1)
    assert few.document["tables"] == {}
    assert few.document["homes"] == FEWEST_HOMES - 1
    assert [line.table for line in few.spent] == ["homes", "prints"]
    assert few.document["prints"] == few.document["prints_ever"] == 0


def test_a_number_below_ten_is_not_shown() -> None:
    assert drawn(9).document["homes"] == 0


@pytest.mark.parametrize("week", range(WEEK, WEEK + TURNS))
def test_a_week_costs_no_more_than_one(week: int) -> None:
    spent = drawn(5000, week).spent
    assert sum(line.epsilon for line in spent) <= 1 + 1e-9
    assert len(spent) > 2
    assert {line.week for line in spent} == {week}


def test_tables_take_turns_and_are_shown_as_they_were_drawn() -> None:
    first = drawn(2000)
    second = drawn(1500, WEEK + 1, first)
    third = drawn(1400, WEEK + 2, second)
    assert list(third.document["tables"]) == [table.name for table in TABLES]
    for name, table in first.document["tables"].items():
        assert third.document["tables"][name] == table
    assert {each["week"] for each in third.document["tables"].values()} == {
        "2026-W49",
        "2026-W50",
        "2026-W51",
    }


def test_a_table_is_not_shown_as_it_was_when_there_are_too_few_homes_at_its_turn() -> None:
    first = drawn(2000)
    later = drawn(FEWEST_HOMES - 1, WEEK + TURNS, first)
    assert not first.document["tables"].keys() & later.document["tables"].keys()


def test_shares_are_those_of_the_homes() -> None:
    tables_of = [drawn(1000, week).document["tables"] for week in range(WEEK, WEEK + TURNS)]
    shown = {name: each["permille"] for turn in tables_of for name, each in turn.items()}
    assert shown["success_rate"] == {"95-100": 800, "50-69": 200}
    assert shown["countries"] == {"DE": 800, "SE": 200}
    assert shown["printers"] == {"prusa": 800, "klipper": 200}
    assert shown["success_by_printer"] == {"prusa:95-100": 800, "klipper:0-79": 200}
    for each in shown.values():
        assert sum(each.values()) == WHOLE


def test_a_week_is_words_and_whole_numbers() -> None:
    document = drawn(3000).document
    assert json.loads(json.dumps(document), parse_float=pytest.fail) == document


def test_opendp_draws_noise_of_the_scale() -> None:
    """The mean absolute value is about the scale; 12 percent are 17 standard errors of 20,000 draws."""
    noisy = discrete_laplace()([100] * 20_000, 2 / 0.3)
    assert sum(abs(count - 100) for count in noisy) / 20_000 == pytest.approx(6.65, rel=0.12)
    assert abs(sum(noisy) / 20_000 - 100) < 1


def test_prints_add_up_over_the_weeks_and_a_home_counts_for_so_many_at_most() -> None:
    farm = fleet(300)[0]._replace(ended=30_000)
    first = draw(WEEK, [*fleet(299), farm], TABLES, without_noise)
    assert first.document["prints"] == 299 * 10 + 24
    second = draw(WEEK + 1, fleet(300), TABLES, without_noise, first.document)
    assert second.document["prints_ever"] == first.document["prints"] + 3000


def test_milestones_are_told_once_and_only_the_highest() -> None:
    document = {"homes": 640, "prints_ever": 12_000}
    assert reached(document, set()) == ["homes:500", "prints:10000"]
    assert reached(document, {"homes:500", "prints:10000"}) == []
    assert reached({"homes": 10, "prints_ever": 0}, set()) == []
