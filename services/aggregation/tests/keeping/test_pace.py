"""How much the fold takes on at once, and how long it rests."""

import pytest

from aggregation.keeping.fold_thread import (
    BUSY_SECONDS,
    LEAST_REST,
    PATIENCE_SECONDS,
    REST,
    Coming,
    Load,
    Pace,
)


def test_who_falls_behind_takes_on_more_and_rests_less() -> None:
    pace = Pace()
    sizes = [pace.size()]
    rests = [pace.rest]
    for _ in range(60):
        pace.took(pace.size() * 0.0004)
        sizes.append(pace.size())
        rests.append(pace.rest)
    assert rests == sorted(rests, reverse=True)
    assert (rests[0], rests[-1]) == (REST, LEAST_REST)
    assert sizes[1] <= 128
    assert 90 <= sizes[-1] <= 101


def test_who_has_caught_up_soon_rests_again() -> None:
    pace = Pace()
    for _ in range(60):
        pace.took(0.01)
    for _ in range(7):
        pace.caught_up()
    assert pace.rest == REST


def test_at_the_fastest_a_third_of_the_time_is_spent_folding() -> None:
    """A report costs half a millisecond at most, so that 600 a second are folded while as many come in."""
    pace = Pace()
    for _ in range(100):
        pace.took(pace.size() * 0.0005)
    step = pace.size() * 0.0005
    assert pace.size() / (step * (1 + pace.rest)) > 600


def test_in_a_crowd_it_falls_behind_but_not_for_long() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0])
    for _ in range(60):
        pace.took(0.02, Load.CROWDED)
    assert pace.rest == REST
    now[0] = PATIENCE_SECONDS + 1.0
    for _ in range(60):
        pace.took(0.02, Load.CROWDED)
    assert pace.rest == LEAST_REST


def test_who_has_caught_up_has_patience_with_the_next_crowd() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0])
    now[0] = PATIENCE_SECONDS + 1.0
    pace.caught_up()
    pace.took(0.02, Load.CROWDED)
    assert pace.rest == REST


def test_busy_while_reports_come() -> None:
    now = [0.0]
    coming = Coming(lambda: now[0])
    assert coming.load() is Load.QUIET
    coming.add(1)
    assert coming.load() is Load.BUSY
    now[0] += BUSY_SECONDS
    assert coming.load() is Load.QUIET


@pytest.mark.parametrize(("reports", "load"), [(9, Load.BUSY), (11, Load.CROWDED)])
def test_reports_crowd_when_more_than_a_thousand_come_in_a_second(reports: int, load: Load) -> None:
    now = [0.0]
    coming = Coming(lambda: now[0])
    for _ in range(200):
        now[0] += 0.01
        coming.add(reports)
    assert coming.load() is load


def test_many_at_once_are_no_crowd_when_few_come_in_a_second() -> None:
    now = [0.0]
    coming = Coming(lambda: now[0])
    for _ in range(200):
        now[0] += 0.064
        coming.add(32)
    assert coming.load() is Load.BUSY


def test_crowd_is_over_when_fewer_come() -> None:
    now = [0.0]
    coming = Coming(lambda: now[0])
    for reports in (20, 2):
        for _ in range(100):
            now[0] += 0.01
            coming.add(reports)
    assert coming.load() is Load.BUSY
