"""What an attacker makes of two weeks of reports: how well each of one fits each of the next."""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final

from linkability_homes import FEATURES, WEEK_SECONDS, Seen
import numpy as np
from numpy.typing import NDArray

type Scores = NDArray[Any]
"""How well each report of one week (rows) fits each of the next (columns); -inf: cannot be."""
type Told = Sequence[dict[str, Any]]
type Evidence = Callable[[Sequence[Any], Sequence[Any]], Scores]
"""Takes the values of the reports of both weeks that tell a field."""

AGES: Final = ("0-1w", "1-4w", "1-3m", "3-6m", "6-12m", "1-2y", "2y+")
AGE_WEEKS: Final = (1, 3, 9, 13, 26, 52, 400)
"""How long each of those lasts."""
_SOME: Final = 1e-9
_SPREAD: Final = 0.02  # gives the attacker the most
_MOVES: Final = 0.0025  # a home seldom moves, or buys a printer
_SELDOM: Final = 0.001
_TOGGLES: Final = 0.005
_UPGRADES: Final = 0.22


def keys(week: Sequence[Seen], following: Sequence[Seen]) -> Scores:
    """Look at the weekly ids only."""
    ids = [[seen.content["installation"]["installation_id"] for seen in each] for each in (week, following)]
    return np.where(_equal(*ids), 1.0, 0.0)


def versions(week: Sequence[Seen], following: Sequence[Seen]) -> Scores:
    """A later report has the same version, or says that it was upgraded from the earlier one's."""
    now = [seen.content["installation"]["app_version"] for seen in week]
    then = [
        seen.content["history"]["previous_app_version"] or seen.content["installation"]["app_version"]
        for seen in following
    ]
    return np.where(_equal(now, then), 0.0, -np.inf)


def counts(week: Sequence[Seen], following: Sequence[Seen]) -> Scores:
    """Prints and hours are alike from week to week."""
    names = ("completed_count", "failed_count", "print_hours")
    return _apart(
        [
            [[seen.content["usage_stats"][name] for seen in each] for each in (week, following)]
            for name in names
        ]
    )


def arrival(week: Sequence[Seen], following: Sequence[Seen]) -> Scores:
    """Look at the second of arrival, as if each home always sent at the same one."""
    now, then = (np.array([seen.arrival for seen in each]) for each in (week, following))
    apart = np.abs(now[:, None] - then[None, :])
    scores: Scores = -np.minimum(apart, WEEK_SECONDS - apart) / 10.0
    return scores


def fields(now: Told, then: Told) -> Scores:
    """Look at all that both tell; a report that is silent about a field says nothing by it."""
    scores: Scores = np.zeros((len(now), len(then)))
    for name, evidence in EVIDENCE.items():
        rows = [number for number, each in enumerate(now) if name in each]
        columns = [number for number, each in enumerate(then) if name in each]
        if rows and columns:
            found = evidence([now[row][name] for row in rows], [then[column][name] for column in columns])
            if found.shape == scores.shape:
                scores += found
            else:
                scores[np.ix_(rows, columns)] += found
    return scores


def _same(changes: float) -> Evidence:
    """Return the evidence of a field that stays, but for a share of the homes."""
    return lambda now, then: _evidence(list(map(str, now)), list(map(str, then)), changes)


def age(now: Sequence[Any], then: Sequence[Any]) -> Scores:
    """An installation gets older: it stays in its step, or goes on to the next; days are exact."""
    if isinstance(now[0], int):
        weeks = [np.array(each) // 7 for each in (now, then)]
        return _rising(weeks[0], weeks[1], np.zeros(len(now)), np.ones(len(now)))
    steps = {name: number for number, name in enumerate(AGES)}
    before, after = (np.array([steps[each] for each in side]) for side in (now, then))
    moves = 1 / np.array(AGE_WEEKS)[before]
    return _rising(before, after, np.maximum(_SELDOM, 1 - moves), moves)


def ha_version(now: Sequence[int], then: Sequence[int]) -> Scores:
    """Home Assistant is upgraded by a month or more, never the other way."""
    before, after = np.array(now), np.array(then)
    return np.where(after[None, :] < before[:, None], -np.inf, _evidence(now, then, _UPGRADES))


def app(now: Sequence[tuple[str, int] | None], then: Sequence[tuple[str, int] | None]) -> Scores:
    """Printernizer is there or not, runs the same way, and is upgraded, never the other way."""
    modes = _evidence([each and each[0] for each in now], [each and each[0] for each in then], _SELDOM)
    before, after = (np.array([each[1] if each else -1 for each in side]) for side in (now, then))
    back = (after[None, :] < before[:, None]) & (after[None, :] >= 0)
    return np.where(back, -np.inf, modes + _evidence(before.tolist(), after.tolist(), _UPGRADES))


def features(now: Sequence[set[str]], then: Sequence[set[str]]) -> Scores:
    """Features stay in use, or not; one that is new was not in use before."""
    scores: Scores = np.zeros((len(now), len(then)))
    for name in FEATURES:
        scores += _evidence([name in each for each in now], [name in each for each in then], _TOGGLES)
    return scores


def by_type(now: Sequence[dict[str, Any]], then: Sequence[dict[str, Any]]) -> Scores:
    """Prints are alike from week to week with each type of printer, too."""
    kinds = {kind for each in (*now, *then) for kind in each["completed_by_type"]}
    return _apart(
        [
            [[each[name].get(kind, 0) for each in side] for side in (now, then)]
            for name in ("completed_by_type", "failed_by_type")
            for kind in sorted(kinds)
        ]
    )


EVIDENCE: Final[dict[str, Evidence]] = {
    "age": age,
    "country": _same(_MOVES),
    "printers": _same(_MOVES),
    "by_type": by_type,
    "deployment": _same(_SELDOM),
    "ha_version": ha_version,
    "app": app,
    "features": features,
    "variant": _same(_SELDOM),
}


def _evidence(now: Sequence[Hashable], then: Sequence[Hashable], changes: float) -> Scores:
    """How much it tells that two reports say the same: more, the rarer it is."""
    shares = Counter(then)
    weights = np.array([np.log((1 - changes) * len(then) / shares[each]) for each in then])
    told: Scores = np.where(_equal(now, then), weights[None, :], np.log(changes))
    return told


def _rising(before: NDArray[Any], after: NDArray[Any], stays: NDArray[Any], moves: NDArray[Any]) -> Scores:
    """How much it tells that a number stayed, or rose by one."""
    shares = Counter(after.tolist())
    rare = np.array([np.log(len(after) / shares[each]) for each in after.tolist()])
    with np.errstate(divide="ignore"):
        stayed, moved = np.log(stays), np.log(moves)
    step = after[None, :] - before[:, None]
    scores: Scores = np.where(step == 0, stayed[:, None], np.where(step == 1, moved[:, None], -np.inf)) + rare
    return scores


def _apart(pairs: Sequence[Sequence[Sequence[int]]]) -> Scores:
    """How far counts are apart."""
    difference = np.zeros(())
    for now, then in pairs:
        left, right = np.sqrt(np.array(now)), np.sqrt(np.array(then))
        difference = difference + (left[:, None] - right[None, :]) ** 2
    scores: Scores = -_SPREAD * np.asarray(difference)
    return scores


def _equal(now: Sequence[Hashable], then: Sequence[Hashable]) -> NDArray[Any]:
    known: dict[Any, int] = {}
    left, right = (np.array([known.setdefault(of, len(known)) for of in each]) for each in (now, then))
    equal: NDArray[Any] = left[:, None] == right[None, :]
    return equal


def hits(scores: Scores, week: Sequence[Seen], following: Sequence[Seen]) -> NDArray[Any]:
    """How probably the best guess for each report is right: one over the number of equally good ones."""
    best = scores.max(axis=1, keepdims=True)
    good = (scores >= best - _SOME) & np.isfinite(best)
    own = _equal([seen.home for seen in week], [seen.home for seen in following])
    chance: NDArray[Any] = (good & own).sum(axis=1) / np.maximum(1, good.sum(axis=1))
    return chance
