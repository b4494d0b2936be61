from itertools import accumulate
from math import exp, inf, lgamma

from hypothesis import given, strategies as st
import pytest

from aggregation.judging.distributions import (
    beta_binomial_tails,
    normal_quantile,
    normal_tail,
    t_quantile,
    t_tail,
    t_tails,
)

# From scipy 1.18.1: stats.t.sf(deviate, freedom).
T_TAILS = [
    (0.3, 1, 0.4072264209222577),
    (2.0, 5, 0.050969739414929174),
    (2.5, 25, 0.009671563784971355),
    (-1.2, 3, 0.8418689426509474),
    (4.0, 51, 0.00010256184304176156),
    (8.0, 12, 1.879949112375129e-06),
]
# From scipy 1.18.1: betabinom or binom, cdf(count) - pmf(count) / 2.
LOWER_TAILS = [
    (3, 30, 0.2, 0.01, 0.11204887175396355),
    (80, 100, 0.93, 0.02, 0.01059172030909417),
    (93, 100, 0.93, 0.0, 0.47847026088591427),
    (0, 40, 0.05, 0.005, 0.0770795452752662),
    (450, 500, 0.93, 0.003, 0.05769214747775613),
    (1200, 3000, 0.35, 0.01, 0.8475117196677902),
]


@pytest.mark.parametrize(("deviate", "freedom", "tail"), T_TAILS)
def test_tails_of_t_are_those_of_scipy(deviate: float, freedom: float, tail: float) -> None:
    assert t_tail(deviate, freedom) == pytest.approx(tail, rel=1e-9)


@pytest.mark.parametrize(("count", "homes", "share", "spread", "tail"), LOWER_TAILS)
def test_tails_of_the_beta_binomial_are_those_of_scipy(
    count: int, homes: int, share: float, spread: float, tail: float
) -> None:
    assert beta_binomial_tails(count, homes, share, spread)[0] == pytest.approx(tail, rel=1e-7)


def test_without_end_of_freedom_t_is_the_normal_distribution() -> None:
    assert t_tail(1.7, inf) == normal_tail(1.7) == pytest.approx(t_tail(1.7, 1e7), rel=1e-4)


@given(st.floats(1e-9, 0.999), st.integers(1, 200))
def test_a_quantile_of_t_has_its_tail(probability: float, freedom: int) -> None:
    assert t_tail(t_quantile(probability, freedom), freedom) == pytest.approx(probability, rel=1e-6)


@given(
    st.integers(1, 60).flatmap(lambda homes: st.tuples(st.just(homes), st.integers(0, homes))),
    st.floats(0.001, 0.999),
    st.floats(0.001, 0.5),
)
def test_tails_are_what_numbers_add_up_to(homes_count: tuple[int, int], share: float, spread: float) -> None:
    homes, count = homes_count
    size = 1 / spread - 1
    chances = [chance(number, homes, share * size, (1 - share) * size) for number in range(homes + 1)]
    below = list(accumulate(chances))[count] - chances[count] / 2
    low, high = beta_binomial_tails(count, homes, share, spread)
    assert low == pytest.approx(below, abs=1e-9)
    assert low + high == pytest.approx(1.0)


def chance(number: int, homes: int, yes: float, no: float) -> float:
    ways = lgamma(homes + 1) - lgamma(number + 1) - lgamma(homes - number + 1)
    top = lgamma(number + yes) + lgamma(homes - number + no) - lgamma(homes + yes + no)
    return exp(ways + top - lgamma(yes) - lgamma(no) + lgamma(yes + no))


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_where_only_one_number_is_possible_any_other_is_impossible(share: float) -> None:
    assert beta_binomial_tails(round(10 * share), 10, share, 0.01) == (0.5, 0.5)
    assert sorted(beta_binomial_tails(5, 10, share, 0.01)) == [0.0, 1.0]


def test_a_quantile_is_bounded_where_floats_end() -> None:
    assert normal_quantile(0.0) == -normal_quantile(1.0)
    assert normal_quantile(0.975) == pytest.approx(1.959964, rel=1e-6)


@pytest.mark.parametrize("deviate", [-2.5, -0.0, 0.0, 1e-9, 3.0])
@pytest.mark.parametrize("freedom", [2.0, 17.0, inf])
def test_both_tails_of_t_are_the_very_ones_of_each_side(deviate: float, freedom: float) -> None:
    assert t_tails(deviate, freedom) == (t_tail(-deviate, freedom), t_tail(deviate, freedom))
