from hypothesis import given, strategies as st
import pytest

from aggregation.judging.intervals import Rate, rate_ratio, wilson
from aggregation.judging.multiple import benjamini_hochberg, holm

CHANCES = {"a": 0.01, "b": 0.02, "c": 0.03, "d": 0.005, "e": 0.2, "f": 0.8}


def test_wilson_is_that_of_statsmodels() -> None:
    low, high = 0.7400159330977681, 0.8107093714701342  # statsmodels 0.15.0, proportion_confint(412, 530)
    assert wilson(412, 530)[1:] == pytest.approx((low, high), rel=1e-9)


@given(st.integers(0, 500), st.integers(0, 500), st.floats(0, 0.2))
def test_a_share_is_in_its_interval_and_more_spread_makes_it_wider(a: int, b: int, spread: float) -> None:
    count, homes = min(a, b), max(a, b)
    narrow, wide = wilson(count, homes), wilson(count, homes, spread=spread)
    assert 0 <= wide.low <= narrow.low <= narrow.value <= narrow.high <= wide.high <= 1


def test_of_no_home_nothing_is_known() -> None:
    assert wilson(0, 0) == (0.0, 0.0, 1.0)


def test_a_ratio_of_rates_counts_exposure_and_widens_with_overdispersion() -> None:
    found = rate_ratio(Rate(40, 100.0), Rate(40, 200.0))
    assert found.value == 2.0
    assert found.low < 2.0 < found.high
    assert rate_ratio(Rate(40, 100.0), Rate(40, 200.0), factor=4.0).low < found.low


def test_a_ratio_stands_where_nothing_was_seen() -> None:
    assert rate_ratio(Rate(0, 10.0), Rate(0, 10.0)).value == 1.0


def test_benjamini_and_hochberg_find_what_scipy_finds() -> None:
    assert benjamini_hochberg(CHANCES, 0.05) == {"a", "b", "c", "d"}


def test_holm_stops_at_the_first_that_does_not_stand() -> None:
    assert holm(CHANCES, 0.05) == {"d", "a"}


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 1)), st.floats(0, 0.5))
def test_holm_finds_nothing_that_benjamini_and_hochberg_do_not(
    chances: dict[str, float], level: float
) -> None:
    assert holm(chances, level) <= benjamini_hochberg(chances, level)


def test_of_nothing_nothing_is_found() -> None:
    assert holm({}, 0.05) == benjamini_hochberg({}, 0.05) == frozenset()
