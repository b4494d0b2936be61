from random import Random

from hypothesis import given, strategies as st
import pytest

from aggregation.judging.calendar import HOMES, USE, Allowance, allowance
from aggregation.judging.dispersion import Part, dispersion
from aggregation.judging.drift import LIMIT, drift
from aggregation.judging.returns import Returning, judge_return, return_drift
from aggregation.judging.shares import judge_share
from aggregation.judging.verdicts import Change, Rule, Side, Wider

LOW = Rule(Side.LOW, worth=0.2)


def steady(homes: int, weeks: int = 52, share: float = 0.93, spread: float = 0.0) -> list[Part]:
    random = Random(4)
    found = []
    for _ in range(weeks):
        size = 1 / spread - 1 if spread else 0.0
        here = random.betavariate(share * size, (1 - share) * size) if spread else share
        found.append(Part(random.binomialvariate(homes, here), homes))
    return found


def test_a_fifth_that_does_not_return_is_found_among_a_hundred_homes() -> None:
    verdict = judge_share(steady(100), Part(74, 100), LOW, Allowance())
    assert verdict.change is Change.FALLEN
    assert verdict.chance < 0.001


def test_a_usual_week_of_enough_homes_is_usual() -> None:
    verdict = judge_share(steady(100), Part(93, 100), LOW, Allowance())
    assert verdict.change is Change.USUAL
    assert verdict.needed is None


def test_with_too_few_homes_it_says_how_many_would_do() -> None:
    verdict = judge_share(steady(12), Part(11, 12), LOW, Allowance())
    assert verdict.change is Change.UNKNOWN
    assert verdict.needed is not None
    assert 12 < verdict.needed < 100


def test_with_too_few_weeks_it_says_how_many_are_missing() -> None:
    assert judge_share(steady(100, weeks=5), Part(50, 100), LOW, Allowance()).weeks_needed == 3


def test_where_weeks_differ_that_much_no_number_of_homes_would_do() -> None:
    verdict = judge_share(steady(2000, share=0.5, spread=0.2), Part(1000, 2000), LOW, Allowance())
    assert verdict.change is Change.UNKNOWN
    assert verdict.needed is None


@pytest.mark.parametrize("side", list(Side))
def test_what_is_beyond_the_bounds_is_found_and_what_is_within_is_not(side: Side) -> None:
    rule, weeks = Rule(side, worth=0.2), steady(200, share=0.6)
    for count in range(201):
        verdict = judge_share(weeks, Part(count, 200), rule, Allowance())
        low = verdict.low is not None and count / 200 < verdict.low
        high = verdict.high is not None and count / 200 > verdict.high
        assert verdict.is_alarm == (low or high), count


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=10, max_size=60))
def test_any_history_has_a_verdict(numbers: list[tuple[int, int]]) -> None:
    weeks = [Part(min(pair), max(pair)) for pair in numbers]
    verdict = judge_share(weeks[:-1], weeks[-1], Rule(Side.BOTH, worth=0.5), Allowance())
    assert 0 <= verdict.chance <= 1


def test_an_outbreak_of_the_past_hides_no_new_one() -> None:
    weeks = steady(100)
    weeks[40] = Part(55, 100)
    assert judge_share(weeks, Part(74, 100), LOW, Allowance()).change is Change.FALLEN


def test_homes_that_vary_together_have_a_spread() -> None:
    assert dispersion(steady(500, spread=0.01)).spread == pytest.approx(0.01, rel=0.5)
    assert dispersion(steady(500)).spread < 0.002


def test_bounds_are_wider_until_seasons_are_known_and_at_the_turn_of_the_year() -> None:
    assert allowance(HOMES, 20, 60).wider == (Wider.SEASON,)
    assert allowance(HOMES, 1, 60).wider == (Wider.SEASON, Wider.HOLIDAYS)
    assert allowance(HOMES, 20, 104) == Allowance()
    assert allowance(USE, 20, 60).spread > allowance(HOMES, 20, 60).spread


def test_a_week_says_why_its_bounds_are_wider() -> None:
    weeks = [Returning(20, part.hits, part.homes) for part in steady(300)]
    usual, turn = judge_return(weeks, Returning(20, 270, 300)), judge_return(weeks, Returning(1, 270, 300))
    assert turn.wider == (Wider.SEASON, Wider.HOLIDAYS)
    assert usual.low is not None
    assert turn.low is not None
    assert turn.low < usual.low


def test_a_slow_decline_that_no_week_shows_adds_up() -> None:
    weeks = [Returning(20, part.hits, part.homes) for part in steady(3000)]
    sagging = [Returning(21, round(3000 * (0.93 - 0.0025 * week)), 3000) for week in range(1, 15)]
    assert not any(judge_return(weeks, week).is_alarm for week in sagging[:9])
    assert return_drift([*weeks, *sagging]).fallen > LIMIT
    assert return_drift(weeks).fallen <= LIMIT


def test_one_week_alone_is_no_drift_and_a_found_one_starts_anew() -> None:
    assert drift([-30.0]).fallen < LIMIT
    assert drift([-3.0] * 3).fallen > LIMIT
    assert drift([-3.0] * 3 + [0.0]).fallen == 0.0
    assert drift([2.0, 2.0]).risen_weeks == 2
