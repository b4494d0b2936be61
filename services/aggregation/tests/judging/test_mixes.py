from random import Random

from aggregation.judging.mixes import judge_mix
from aggregation.judging.verdicts import Change

COUNTRIES = ["DE", "US", "FR", "GB", "NL", "IT", "XX"]


def still(weeks: int, homes: int = 400) -> list[dict[str, int]]:
    random = Random(3)
    week = {name: homes // (number + 2) for number, name in enumerate(COUNTRIES)}
    found = []
    for _ in range(weeks):
        week = {name: count - random.randrange(3) + random.randrange(3) for name, count in week.items()}
        found.append(week)
    return found


def moved(week: dict[str, int], points: float) -> dict[str, int]:
    homes = sum(week.values())
    others = {name: round(count * (1 - points)) for name, count in week.items()}
    return {**others, "CN": homes - sum(others.values())}


def test_a_jump_of_twenty_points_is_found_in_its_first_week() -> None:
    weeks = still(60)
    verdict = judge_mix(weeks, moved(weeks[-1], 0.2))
    assert verdict.change is Change.RISEN
    assert verdict.moved[0].value == "CN"
    assert verdict.moved[0].before == 0.0


def test_a_mix_that_drifts_as_before_is_usual() -> None:
    weeks = still(61)
    assert judge_mix(weeks[:-1], weeks[-1]).change is Change.USUAL


def test_a_mix_that_jumps_again_and_again_may_jump() -> None:
    weeks = [moved(week, 0.3 * (number % 4 == 0)) for number, week in enumerate(still(60))]
    assert judge_mix(weeks, moved(weeks[-1], 0.2)).change is Change.USUAL


def test_a_small_jump_of_a_very_still_mix_is_none() -> None:
    weeks = [{"DE": 500, "US": 500}] * 60
    assert judge_mix(weeks, {"DE": 520, "US": 480}).change is Change.USUAL
    assert judge_mix(weeks, {"DE": 600, "US": 400}).change is Change.RISEN


def test_without_enough_weeks_it_says_how_many_are_missing() -> None:
    assert judge_mix(still(10), still(1)[0]).weeks_needed == 6
    assert judge_mix(still(60), {}).change is Change.UNKNOWN
