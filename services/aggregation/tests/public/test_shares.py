"""Shares of a public table: never negative, always a whole, and nothing shown of a few homes."""

from hypothesis import given, strategies as st
import pytest

from aggregation.public.shares import FEWEST, WHOLE, consistent, shares, threshold

COUNTS = st.lists(st.integers(-60, 5000), min_size=1, max_size=40)


@given(COUNTS, st.integers(1, 20_000))
def test_counts_become_consistent(counts: list[int], total: int) -> None:
    nearest = consistent(counts, total)
    assert len(nearest) == len(counts)
    assert min(nearest) >= 0
    assert sum(nearest) == pytest.approx(total)
    for one, other in zip(sorted(counts), sorted(nearest), strict=True):
        assert other == 0 or one - other == pytest.approx(max(counts) - max(nearest))


@given(COUNTS)
def test_counts_that_are_consistent_stay(counts: list[int]) -> None:
    positive = [abs(count) for count in counts]
    if sum(positive):
        assert consistent(positive, sum(positive)) == pytest.approx(positive)


@given(st.integers(-5, 0))
def test_nobody_is_shared_out_to_no_bucket(total: int) -> None:
    assert consistent([3, -2, 1], total) == [0, 0, 0]
    assert shares({"a": 3, "b": 2}, total, 1, "rest") == {}


@given(COUNTS, st.integers(1, 20_000), st.integers(1, 60))
def test_shares_are_a_whole_and_of_enough_homes(counts: list[int], total: int, fewest: int) -> None:
    noisy = {f"bucket {number}": count for number, count in enumerate(counts)}
    found = shares(noisy, total, fewest, "rest")
    assert sum(found.values()) == WHOLE
    assert min(found.values()) > 0
    assert found.keys() <= noisy.keys() | {"rest"}
    for name, share in found.items():
        if name != "rest":
            assert share * total / WHOLE > fewest - total / WHOLE


def test_small_buckets_are_shown_together_with_the_rest() -> None:
    assert shares({"a": 700, "b": 9, "rest": 280, "c": 11}, 1000, 10, "rest") == {
        "a": 700,
        "c": 11,
        "rest": 289,
    }


def test_more_buckets_need_more_homes_so_that_noise_shows_none() -> None:
    assert threshold(2, 1.0) == FEWEST
    assert threshold(250, 6.7) > threshold(15, 6.7) > FEWEST
