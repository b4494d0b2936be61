from random import Random

import msgspec
import pytest

from aggregation.judging.dispersion import Part
from aggregation.judging.releases import Comparison, Kind, ReleaseVerdict, judge_release


def weeks(homes: int, shares: tuple[float, ...], random: Random) -> list[Part]:
    return [Part(random.binomialvariate(homes, share), homes) for share in shares]


def kind(homes: int, factor: float = 1.0, earlier: int = 8, share: float = 0.1, told: int = 3) -> Kind:
    random = Random(11)
    novel = (1.3 * share, 1.1 * share, share)
    return Kind(
        weeks(homes, tuple(factor * each for each in novel[:told]), random),
        [weeks(homes, novel, random) for _ in range(earlier)],
    )


def test_a_doubled_kind_is_worse_and_the_others_are_the_same() -> None:
    found = judge_release({"doubled": kind(300, 2.0), "other": kind(300), "third": kind(300, share=0.2)})
    assert {name: each.comparison for name, each in found.items()} == {
        "doubled": Comparison.WORSE,
        "other": Comparison.SAME,
        "third": Comparison.SAME,
    }
    assert found["doubled"].ratio is not None
    assert found["doubled"].ratio.low > 1


def test_a_kind_that_is_mended_is_better() -> None:
    assert judge_release({"mended": kind(500, 0.3)})["mended"].comparison is Comparison.BETTER


def test_new_adopters_that_err_more_often_make_no_release_worse() -> None:
    first_week = judge_release({"any": kind(500, told=1)})["any"]
    assert first_week.comparison is not Comparison.WORSE
    assert first_week.expected == pytest.approx(0.13, abs=0.02)


def test_with_few_homes_it_is_not_yet_known_and_says_how_many_more_are_needed() -> None:
    verdict = judge_release({"any": kind(20)})["any"]
    assert verdict.comparison is Comparison.UNKNOWN
    assert verdict.more_homes is not None
    assert 100 < verdict.more_homes < 1000


def test_without_earlier_releases_it_says_how_many_are_missing() -> None:
    verdict = judge_release({"any": kind(500, 2.0, earlier=1)})["any"]
    assert verdict.comparison is Comparison.UNKNOWN
    assert verdict.more_releases == 2


def test_a_kind_that_was_never_seen_before_is_not_compared() -> None:
    none = [[Part(0, 100)] * 3] * 4
    verdict = judge_release({"new": Kind([Part(9, 100)] * 3, none)})["new"]
    assert verdict.comparison is Comparison.UNKNOWN
    assert verdict.ratio is None
    assert verdict.share == pytest.approx(0.09)


def test_a_release_that_nobody_has_is_not_yet_known() -> None:
    verdict = judge_release({"any": Kind([], [[Part(1, 10)] * 3] * 5)})["any"]
    assert verdict.comparison is Comparison.UNKNOWN
    assert verdict.weeks == 0


def test_what_was_worse_after_a_week_stays_worse() -> None:
    doubled = kind(2000, 3.0, told=1)
    later = Kind([*doubled.now, Part(200, 2000), Part(200, 2000)], doubled.earlier)
    assert judge_release({"any": doubled})["any"].comparison is Comparison.WORSE
    assert judge_release({"any": later})["any"].comparison is Comparison.WORSE


def test_where_releases_differ_anyway_twice_as_many_say_nothing() -> None:
    random = Random(2)
    shares = [0.05, 0.25, 0.1, 0.02, 0.3, 0.15]
    wild = Kind(weeks(300, (0.2, 0.2, 0.2), random), [weeks(300, (share,) * 3, random) for share in shares])
    assert judge_release({"wild": wild})["wild"].comparison is Comparison.UNKNOWN


def test_verdicts_of_the_same_numbers_are_the_same_bytes() -> None:
    kinds = {"a": kind(300, 2.0), "b": kind(50)}
    told = msgspec.json.encode(judge_release(kinds))
    assert msgspec.json.encode(judge_release(dict(reversed(kinds.items())))["a"]) in told
    assert msgspec.json.decode(told, type=dict[str, ReleaseVerdict])["a"].comparison is Comparison.WORSE
