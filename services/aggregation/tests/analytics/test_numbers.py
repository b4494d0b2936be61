"""Small sums that the answers have in common."""

from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from aggregation.analytics.numbers import median_bucket, middle_success
from aggregation.rollups.bounds import SUCCESS_BANDS


@pytest.mark.parametrize(
    ("homes", "expected"),
    [
        ({}, None),
        ({"4": 0}, None),
        ({"0": 1}, 0),
        ({"8": 1, "16": 1, "2": 1}, 8),
        ({"1": 2, "1024": 2}, 1),
        ({"0": 10, "1024": 9}, 0),
        ({"16": 250, "8": 249}, 16),
    ],
)
def test_median_is_of_the_home_in_the_middle_by_number_and_not_by_text(
    homes: dict[str, int], expected: int | None
) -> None:
    assert median_bucket(homes) == expected


@pytest.mark.parametrize(
    ("homes", "expected"),
    [
        ({}, None),
        ({"80": 0}, None),
        ({"100": 3}, 100.0),
        ({"80": 2}, 85.0),
        ({"0": 1, "80": 10, "100": 1}, 85.0),
        ({"95": 9, "0": 10}, 47.5),
        ({"0": 1, "100": 1}, 50.0),
    ],
)
def test_middle_home_lies_evenly_in_its_band(homes: dict[str, int], expected: float | None) -> None:
    assert middle_success(homes) == expected


@given(
    homes=st.fixed_dictionaries({str(low): st.integers(1, 200) for low in SUCCESS_BANDS}),
    band=st.sampled_from(SUCCESS_BANDS),
)
def test_one_home_more_moves_the_middle_by_half_its_part_of_a_band(homes: dict[str, int], band: int) -> None:
    """Whatever it reports: by no more than half a home's part of the widest band it may get into."""
    before = middle_success(homes)
    after = middle_success(homes | {str(band): homes[str(band)] + 1})
    assert before is not None
    assert after is not None
    widths = {str(low): high - low for low, high in pairwise((*SUCCESS_BANDS, 100))}
    most = max(widths[low] / homes[low] for low in homes)
    assert abs(after - before) <= most / 2 + 0.01
