"""Small sums that the answers have in common."""

import pytest

from aggregation.analytics.numbers import median_bucket


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
