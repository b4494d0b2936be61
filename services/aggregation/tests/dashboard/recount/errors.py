"""Errors, release verdicts and the quality of the data, recounted."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import exp, sqrt
from typing import Any
from unittest.mock import ANY

from aggregation.weeks import iso_name
from tests.dashboard.recount.homes import EPOCH
from tests.dashboard.recount.tables import GROUPS, Record, in_group, middle_success
from tests.dashboard.recount.truth import (
    OTHER,
    UNKNOWN,
    Told,
    Truth,
    of_homes,
    percents,
    shares,
    with_error,
)

FIRST_SHARE = 0.01
AGES = 3
LATELY = 4
MOST = {"job_count": 24, "print_hours": 96, "file_count": 48, "upload_count": 48}
BEFORE = 13
REFERENCE = 8
MIXES: Mapping[str, Callable[[Told], Iterable[str]]] = {
    "countries": GROUPS["country"],
    "versions": lambda one: [one.version],
    "deployments": GROUPS["deployment"],
    "types of printers": lambda one: one.types,
}


def by_version(truth: Truth, row: Record) -> Record:
    here = [one for one in truth.all_at(*truth.recent) if one.version == row["version"]]
    found = with_error(here)
    return {"version": row["version"], "with_error": found[0], "reports": found[1], **shares(found)}


def per_hundred(errors: int, told: Iterable[Told]) -> float:
    """Return errors in a hundred printed hours."""
    hours = sum(one.use("print_hours") for one in told if one.shares_use)
    return round(100 * errors / hours, 2) if hours else 0.0


def over_time(truth: Truth, row: Record) -> Record:
    week = truth.named(row["week"])
    here = truth.at(week)
    kinds = [name for name in row if name not in {"week", "state", "any"}]
    return {
        "week": row["week"],
        "state": truth.state(week),
        "any": percents(with_error(here))[0],
        **{kind: percents(with_error(here, kind))[0] for kind in kinds},
    }


def times(here: tuple[int, int, int], elsewhere: tuple[int, int, int]) -> Sequence[Any]:
    """Return how many times as frequent something is, with an interval at 95 % on the logarithms."""
    if not here[1] or not elsewhere[1]:
        return [UNKNOWN] * 3
    factor = max(here[1] / here[2], elsewhere[1] / elsewhere[2])
    count, base = here[0] + 0.5, elsewhere[0] + 0.5
    value = count / here[1] / (base / elsewhere[1])
    half = 1.959964 * sqrt(factor * (1 / count + 1 / base))
    return [value, value * exp(-half), value * exp(half)]


def life(truth: Truth, row: Record) -> Record:
    span = range(truth.shown[0] - BEFORE, truth.running + 1)
    weeks = [week for week in span if any(row["error"] in one.kinds for one in truth.at(week))]
    lately = truth.week - LATELY
    before = [week for week in weeks if week <= lately]
    if weeks[-1] <= lately:
        what = "gone"
    elif not before:
        what = "new"
    else:
        back = next(week for week in weeks if week > lately)
        what = "back again" if back - before[-1] > LATELY else "there"
    return {"error": row["error"], "first": iso_name(weeks[0]), "last": iso_name(weeks[-1]), "what": what}


def verdicts(truth: Truth, row: Record) -> Record:
    """Only the share is a figure of homes; how it is judged is measured elsewhere."""
    name = row["version"]
    homes = Counter(one.week for one in truth.every if not one.is_apart and one.version == name)
    first = min(week for week, number in homes.items() if number > FIRST_SHARE * max(homes.values()))
    last = min(first + row["weeks"] - 1, truth.week)
    here = [one for one in truth.all_at(*range(first, last + 1)) if one.version == name]
    share = percents(with_error(here, row["error"]))[0]
    return dict.fromkeys(row, ANY) | {"version": name, "error": row["error"], "share": share}


def changed(truth: Truth, row: Record) -> Record:
    back = [one for one in truth.all_at(*truth.recent) if one.gap != "none"]
    moved = [one for one in back if one.before != one.rows[-1]["app_version"]]
    stayed = with_error(one for one in back if one.before == one.rows[-1]["app_version"])
    found = with_error(one for one in moved if one.version == row["version"])
    return {
        "version": row["version"],
        "reports": found[1],
        **shares(found),
        **dict(zip(("ratio", "ratio_low", "ratio_high"), times(found, stayed), strict=True)),
    }


def received(truth: Truth, week: int) -> Record:
    days = [day for one in truth.every if not one.is_apart for day in one.received]
    monday = EPOCH + 7 * week
    return {
        "received": sum(monday <= day.toordinal() < monday + 7 for day in days),
        "active": len(truth.all_at(week)),
    }


def late(truth: Truth, week: int) -> Record:
    here = truth.all_at(week)
    days = [min(one.received).toordinal() - EPOCH - 7 * (week + 1) for one in here]
    spans = {"before": (-7, 0), "first_week": (1, 7), "second_week": (8, 14), "later": (15, 999)}
    return {
        name: percents((sum(first <= one <= last for one in days), len(days), len(days)))[0]
        for name, (first, last) in spans.items()
    }


def clipped(truth: Truth, row: Record) -> Record:
    """Simulated homes do no more than they can, but for those that are made up."""

    def is_bounded(one: Told) -> bool:
        told = {name: sum(part.get(name) or 0 for part in one.rows) for name in MOST}
        return any(told[name] > most for name, most in MOST.items())

    is_made_up = "printers allow" in row["why"]
    here = truth.at(truth.week)
    found = of_homes(here, lambda one: one.home >= truth.plan.homes if is_made_up else is_bounded(one))
    return {"why": row["why"], "homes": found[0], **shares(found)}


def folded(truth: Truth, row: Record) -> Record:
    found = of_homes(truth.at(truth.week), lambda one: "version" in row["what"] and one.version == OTHER)
    if not row["what"].startswith("version that"):
        found = (0, found[1], found[2])
    return {"what": row["what"], "homes": found[0], **shares(found)}


def consent(truth: Truth, row: Record) -> Record:
    told = [one for one in truth.at(truth.week) if one.protocol == "2.0"]
    found = of_homes(told, lambda one: row["category"] in one.last["consent_categories"])
    return {"category": row["category"], "homes": found[0], **shares(found)}


def ranked(truth: Truth, row: Record) -> Record:
    kind, here = row["error"], truth.at(*truth.recent)
    found = with_error(here, kind)
    errors = sum(one.errors.get(kind, 0) for one in here)
    return {
        "error": kind,
        "homes": found[0],
        **shares(found),
        "in_4_weeks": ANY,
        "errors": errors,
        "per_100_hours": per_hundred(errors, here),
        "hours_lost": lost(here, kind),
    }


def lost(told: Iterable[Told], kind: str) -> int:
    """Return the hours of failed prints in homes with an error, as long as others."""
    hours = 0
    for one in told:
        done, failed, canceled = (one.use(f"{name}_count") for name in ("completed", "failed", "cancelled"))
        if kind in one.kinds and done + failed + canceled:
            hours += one.use("print_hours") * failed // (done + failed + canceled)
    return hours


def clusters(truth: Truth, row: Record) -> Record:
    kind, everybody = row["error"], truth.all_at(*truth.recent)
    here = [one for one in everybody if in_group(row["group"])(one)]
    mine, total = with_error(here, kind), with_error(everybody, kind)
    found = times(mine, (total[0] - mine[0], total[1] - mine[1], max(0, total[2] - mine[2])))
    ratios = dict(zip(("ratio", "low", "high"), found, strict=True))
    return {"error": kind, "group": row["group"], "homes": mine[0], **ratios}


def mend_first(truth: Truth, row: Record) -> Record:
    found = with_error(truth.at(*truth.recent), row["error"])
    what = life(truth, row)["what"]
    return {
        "error": row["error"],
        "homes": found[0],
        "percent": percents(found)[0],
        "hours_lost": lost(truth.at(*truth.recent), row["error"]),
        "what": what,
        "where": ANY,
    }


def rates(truth: Truth, row: Record) -> Record:
    here = [one for one in truth.all_at(*truth.recent) if one.version == row["version"]]
    errors = sum(sum(one.errors.values()) for one in here)
    return {
        "version": row["version"],
        "reports": len(here),
        "per_100_hours": per_hundred(errors, here),
        "success": middle_success(here),
        "with_error": percents(with_error(here))[0],
    }


def composition(truth: Truth, row: Record) -> Record:
    """The distance is half of all differences between the week and the mean of the eight before."""
    value = MIXES[row["mix"]]

    def mix(week: int) -> Mapping[str, float]:
        homes = Counter(name for one in truth.all_at(week) for name in value(one))
        return {name: count / homes.total() for name, count in homes.items()}

    now, before = mix(truth.week), [mix(truth.week - ago) for ago in range(1, REFERENCE + 1)]
    names = {name for one in (now, *before) for name in one}
    usual = {name: sum(one.get(name, 0.0) for one in before) / REFERENCE for name in names}
    distance = 50 * sum(abs(now.get(name, 0.0) - usual[name]) for name in names)
    return {"mix": row["mix"], "change": ANY, "distance": distance, "limit": ANY, "moved": ANY}
