from math import pi, sin
from random import Random

from hypothesis import given, strategies as st
import pytest

from aggregation.judging.calendar import Allowance
from aggregation.judging.regression import fit, inverted
from aggregation.judging.trend import YEAR, Weekly, judge_trend, outlook, trend_score
from aggregation.judging.verdicts import Change, Rule, Side

BOTH = Rule(Side.BOTH, worth=0.5)
# 26 weeks with an outbreak; the fit is that of statsmodels 0.15.0, GLM, Poisson, scale="X2".
COUNTS = [
    *(31, 27, 40, 35, 30, 44, 39, 38, 90, 36, 41, 47, 44),
    *(39, 50, 46, 48, 41, 52, 55, 47, 50, 58, 49, 53, 57),
]
COEFFICIENTS = [4.045340126856166, 0.4479444885746562]
SCALE = 2.8355997648761853
VARIANCE_AHEAD = 0.00912810768602681


def steady(mean: float, weeks: int = 26, growth: float = 0.0) -> list[Weekly]:
    random = Random(9)
    return [
        Weekly(random.binomialvariate(100_000, mean * (1 + growth) ** week / 100_000))
        for week in range(weeks)
    ]


def test_the_regression_is_that_of_statsmodels() -> None:
    rows = [[1.0, (week - 26) / 26] for week in range(26)]
    found = fit(COUNTS, rows, [1.0] * 26, [1.0] * 26)
    assert found.coefficients == pytest.approx(COEFFICIENTS, rel=1e-9)
    assert found.dispersion == pytest.approx(SCALE, rel=1e-9)
    assert found.variance([1.0, 0.0]) == pytest.approx(VARIANCE_AHEAD, rel=1e-6)


def test_an_outbreak_of_the_past_counts_less() -> None:
    weeks = [Weekly(count) for count in COUNTS]
    without = [Weekly(count) if count < 90 else Weekly(38) for count in COUNTS]
    assert outlook(weeks).mean == pytest.approx(outlook(without).mean, rel=0.03)
    assert outlook(weeks).dispersion < SCALE / 1.5


def test_a_doubled_count_is_found_and_a_usual_one_is_not() -> None:
    weeks = steady(100)
    assert judge_trend(weeks, Weekly(200), BOTH, Allowance()).change is Change.RISEN
    assert judge_trend(weeks, Weekly(50), BOTH, Allowance()).change is Change.FALLEN
    assert judge_trend(weeks, Weekly(103), BOTH, Allowance()).change is Change.USUAL


def test_growth_goes_on() -> None:
    weeks = steady(100, growth=0.03)
    expected = 100 * 1.03**26
    assert judge_trend(weeks, Weekly(round(expected)), BOTH, Allowance()).change is Change.USUAL
    assert judge_trend(weeks, Weekly(100), BOTH, Allowance()).change is Change.FALLEN


def test_a_rate_goes_by_its_exposure() -> None:
    weeks = [Weekly(50 + week % 5, 1000.0) for week in range(26)]
    assert judge_trend(weeks, Weekly(104, 2000.0), BOTH, Allowance()).change is Change.USUAL
    assert judge_trend(weeks, Weekly(104, 1000.0), BOTH, Allowance()).change is Change.RISEN


def test_with_too_few_events_it_says_how_many_would_do() -> None:
    verdict = judge_trend(steady(3), Weekly(3), BOTH, Allowance())
    assert verdict.change is Change.UNKNOWN
    assert verdict.needed is not None
    assert verdict.needed > 3


def test_a_season_that_was_seen_twice_is_expected() -> None:
    wave = [Weekly(round(1000 * (1 + 0.3 * sin(2 * pi * week / YEAR)))) for week in range(118)]
    assert trend_score(wave[:-1], wave[-1]).chance(Side.BOTH) > 0.5
    assert trend_score(wave[60:-1], wave[-1]).chance(Side.BOTH) < 0.1


@pytest.mark.parametrize("side", list(Side))
def test_what_is_beyond_the_bounds_is_found_and_what_is_within_is_not(side: Side) -> None:
    for count in range(300):
        verdict = judge_trend(steady(100), Weekly(count), Rule(side, worth=0.5), Allowance(0.05))
        low = verdict.low is not None and count < verdict.low
        high = verdict.high is not None and count > verdict.high
        assert verdict.is_alarm == (low or high), count


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=130))
def test_any_history_has_a_verdict(counts: list[int]) -> None:
    weeks = [Weekly(count) for count in counts]
    verdict = judge_trend(weeks[:-1], weeks[-1], BOTH, Allowance())
    assert 0 <= verdict.chance <= 1
    assert verdict.expected >= 0


def test_weeks_without_any_event_expect_none_and_find_many() -> None:
    assert judge_trend([Weekly(0)] * 26, Weekly(0), BOTH, Allowance()).change is Change.UNKNOWN
    assert judge_trend([Weekly(0)] * 26, Weekly(40), BOTH, Allowance()).change is Change.RISEN


def test_a_matrix_times_its_inverse_is_one() -> None:
    matrix = [[0.0, 2.0, 1.0], [2.0, 1.0, 0.0], [1.0, 0.0, 3.0]]
    inverse = inverted(matrix)
    product = [[sum(matrix[i][k] * inverse[k][j] for k in range(3)) for j in range(3)] for i in range(3)]
    assert [value for line in product for value in line] == pytest.approx([1, 0, 0, 0, 1, 0, 0, 0, 1])
