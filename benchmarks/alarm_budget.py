"""Measure the mails: how many alarms are mailed in 20 quiet years of all that is watched."""

from collections import Counter
from random import Random
from typing import Any, Final

from alarm_counts import HISTORY as COUNT_HISTORY, drawn
from alarm_homes import HISTORY, score
from alarm_peers import ENDS_AFTER
from alarm_worlds import KINDS, WEEKS_A_YEAR, World

from aggregation.alerts.mailing import MAIL_WEEKS
from aggregation.judging.calendar import USE, allowance
from aggregation.judging.multiple import AGAIN_LEVEL, MAIL_LEVEL, holm
from aggregation.judging.trend import Weekly, trend_score
from aggregation.judging.verdicts import Side

YEARS: Final = 20
MONTH: Final = 5
"""Mondays that a month has at most."""
SUBGROUPS: Final = (500, 300, 200, 150, 100, 80, 60, 50, 40, 30, 30, 30)
"""Homes of all, and of versions, modes and printer types."""
MEANS: Final = (3000, 1000, 500, 300, 200, 100, 100, 50, 50, 30, 30, 20, 20, 10, 10, 5, 5, 2, 2, 1)
"""Weekly counts: prints, errors by kind, new homes, reports."""
FACTOR: Final = 2.0


def measure_budget(seed: str) -> dict[str, Any]:
    """Return mails and alarms a year, and the most mails in five weeks: no month is longer.

    A second mail needs more homes than the first, too; that is not asked here, so there are rather fewer.
    """
    random = Random(seed)
    worlds = [World(KINDS[0], homes, random) for homes in SUBGROUPS]
    homes = [[world.week() for _ in range(HISTORY)] for world in worlds]
    series = [[Weekly(drawn(mean, FACTOR, random)) for _ in range(COUNT_HISTORY)] for mean in MEANS]
    quiet: Counter[str] = Counter()
    mailed: list[int] = []
    alarms = 0
    for week in range(YEARS * WEEKS_A_YEAR):
        chances: dict[str, float] = {}
        for number, world in enumerate(worlds):
            homes[number] = [*homes[number][-HISTORY:], world.week()]
            chances[f"homes {number}"] = score(homes[number]).fallen
        for number, mean in enumerate(MEANS):
            now = Weekly(drawn(mean, FACTOR, random))
            beside = allowance(USE, week % WEEKS_A_YEAR + 1, COUNT_HISTORY).spread
            chances[f"count {number}"] = trend_score(series[number], now, beside).chance(Side.BOTH)
            series[number] = [*series[number][1:], now]
        alarms += sum(chance <= 0.01 for chance in chances.values())  # noqa: PLR2004 - the tests' own level
        found = holm(chances, MAIL_LEVEL)
        lately = any(mailed[-MAIL_WEEKS + 1 :])
        worth = holm(chances, AGAIN_LEVEL) if lately else found
        mailed.append(any(quiet[name] <= 0 for name in worth))
        for name in chances:
            quiet[name] = ENDS_AFTER if name in found else quiet[name] - 1
    months = [sum(mailed[start : start + MONTH]) for start in range(len(mailed) - MONTH + 1)]
    return {
        "seed": seed,
        "series": len(SUBGROUPS) + len(MEANS),
        "years": YEARS,
        "mails a year": round(sum(mailed) / YEARS, 2),
        "most mails in five weeks": max(months),
        "five weeks with two": sum(month > 1 for month in months),
        "findings a year": round(alarms / YEARS, 2),
    }
