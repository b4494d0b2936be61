"""How much the fold takes on at once, and how long it rests."""

from aggregation.keeping.fold_thread import LEAST_REST, PATIENCE_SECONDS, REST, Load, Pace


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
