"""10,000 made-up prints through outages, restarts of either side and clocks that are set."""

from collections import Counter
from random import Random

import pytest

from ...proofs import tries
from .simulation import Dialect, course, faults

COURSES = tries(150, fast=30, full=3334)


@pytest.mark.timeout(1800)
def test_each_print_counts_once_with_the_outcome_that_was_shown() -> None:
    wrong: dict[str, list[int]] = {}
    for seed in range(COURSES):
        for fault in faults(course(Random(seed), seed)):
            wrong.setdefault(fault, []).append(seed)
    assert {fault: seeds[:5] for fault, seeds in wrong.items()} == {}


def test_courses_have_everything_that_comes_between() -> None:
    made = [course(Random(seed), seed) for seed in range(200)]
    assert set(Counter(each.dialect for each in made)) == set(Dialect)
    for part in ("away", "asleep", "leaps"):
        assert sum(bool(getattr(each, part)) for each in made) > 20, part
    assert 0 < sum(each.hears for each in made) < len(made)
