"""The tables of how often verdicts and alarms are wrong, from the results of their simulators."""

from collections.abc import Iterable, Mapping
import json
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from markdown_table import table

RESULTS: Final = Path(__file__).resolve().parents[1] / "benchmarks" / "results"
RELEASE_RULES: Final = {
    "ours": "this service",
    "+50 %": "half as common again as in the release before",
    "+50 %, at least 50 homes (Sentry-like)": "the same, from 50 homes on (Sentry-like)",
    "Fisher 0.01": "Fisher's exact test, 0.01",
}
ALARM_RULES: Final = {"": "this service", " first service": "the first service", " z-score": "z-score"}
FOUND: Final = {
    "found 0.2 in 1": "20 % drop, in a week",
    "found 0.1 in 1": "10 % drop, in a week",
    "found 0.1 in 2": "10 % drop, in two",
}
DROP_GOALS: Final = ((0.2, 100, 1, 0.95), (0.2, 30, 1, 0.55), (0.1, 500, 1, 0.8), (0.1, 500, 2, 0.9))
CHANGED: Final = {
    "found 0.5": "half as many",
    "found 1.5": "half as many again",
    "found 2.0": "twice as many",
}

type Raw = Mapping[str, Any]
type Cells = list[dict[str, Any]]


def release_verdicts(_dictionary: Raw, _profiles: Raw) -> str:
    """Return what each rule says of simulated releases."""
    rows = [
        [
            cell["world"],
            f"{cell['homes']:,}",
            text,
            percent(cell["shares"][f"wrong {rule}"]),
            percent(cell["shares"][f"wrong of one kind {rule}"]),
            percent(cell["shares"][f"found {rule}"]),
        ]
        for cell in results("verdicts")["cells"]
        for rule, text in RELEASE_RULES.items()
    ]
    head = [
        "releases",
        "homes a week",
        "rule",
        "wrong *worse* of six kinds",
        "of one",
        "a doubled rate is found",
    ]
    return table(head, rows)


def release_answers(_dictionary: Raw, _profiles: Raw) -> str:
    """Return what is said of the kind that 10 % of homes have, in a harmless release."""
    said = ("better", "same", "worse", "unknown")
    rows = [
        [
            cell["world"],
            f"{cell['homes']:,}",
            *(percent(cell["shares"].get(f"said {each}", 0.0)) for each in said),
        ]
        for cell in results("verdicts")["cells"]
    ]
    return table(["releases", "homes a week", "better", "the same", "worse", "not yet known"], rows)


def alarm_homes(_dictionary: Raw, _profiles: Raw) -> str:
    """Return the figures of the alarm about active homes, by homes and kind of world."""
    return alarms(results("alarms")["homes"], FOUND)


def alarm_counts(_dictionary: Raw, _profiles: Raw) -> str:
    """Return the figures of the alarms about counts, by events a week and kind of world."""
    return alarms(results("alarms")["counts"], CHANGED, "a week")


def alarm_layers(_dictionary: Raw, _profiles: Raw) -> str:
    """Return what each of the tests about active homes adds."""
    cells = results("alarms")["homes"]
    rows = [
        [
            f"{homes:,}",
            *(number(average(cells, homes, f"false {layer}")) for layer in ("return", "drift")),
            *(share(average(cells, homes, name)) for name in ("decline by return", "decline")),
        ]
        for homes in sizes(cells)
    ]
    head = [
        "homes",
        "false alarms a year, return test",
        "drift",
        "slow decline found in a quarter, by the return test",
        "with drift",
    ]
    return table(head, rows)


def alarm_mixes(_dictionary: Raw, _profiles: Raw) -> str:
    """Return the figures of the composition guard."""
    rows = (
        [f"{cell['homes']:,}", share(cell["found"]), number(cell["stops in 20 years"])]
        for cell in results("alarms")["mixes"]
    )
    return table(["homes", "jump of 20 points found in its first week", "stops in 20 quiet years"], rows)


def alarm_budget(_dictionary: Raw, _profiles: Raw) -> str:
    """Return how many mails there are in quiet years."""
    budgets = results("alarms")["budget"]
    return table(budgets[0].keys(), [map(str, budget.values()) for budget in budgets])


def alarm_goals(_dictionary: Raw, _profiles: Raw) -> str:
    """Return what was wanted of alarms, what was measured, and where it is worst."""
    found = results("alarms")
    rows = [drop_goal(found["homes"], *goal) for goal in DROP_GOALS]
    for name, metric in (("homes", "active homes"), ("counts", "a count")):
        cells = found[name]
        kinds = [
            [cell for cell in cells if cell["kind"] == kind] for kind in {each["kind"]: 0 for each in cells}
        ]
        worst_kind = max(kinds, key=lambda kind: fmean(cell["false"] for cell in kind))
        worst = max(cells, key=lambda cell: cell["false"])
        rows += [
            [
                f"false alarms of {metric} a year",
                "at most 0.70",
                number(fmean(c["false"] for c in cells)),
                told(worst, "false"),
            ],
            [
                f"the same in any kind of world: {worst_kind[0]['kind']}",
                "at most 1.00",
                number(fmean(cell["false"] for cell in worst_kind)),
                told(max(worst_kind, key=lambda cell: cell["false"]), "false"),
            ],
        ]
    mails = max(found["budget"], key=lambda budget: budget["most mails in five weeks"])
    most = str(mails["most mails in five weeks"])
    rows.append(["alarm mails in five weeks, in each of the quiet years", "at most 1", most, mails["seed"]])
    return table(["goal", "wanted", "measured", "worst cell"], rows)


def drop_goal(cells: Cells, drop: float, homes: int, weeks: int, least: float) -> list[str]:
    """Return a goal about drops: over all kinds of world but the last, which is two at once."""
    name = f"found {drop} in {weeks}"
    here = [cell for cell in cells if cell["homes"] == homes]
    within = "in a week" if weeks == 1 else "in two"
    return [
        f"{100 * drop:.0f} % drop of {homes} homes, {within}",
        f"at least {least:.2f}",
        share(fmean(cell[name] for cell in here[:-1])),
        told(min(here, key=lambda cell: cell[name]), name),
    ]


def told(cell: Mapping[str, Any], name: str) -> str:
    """Return a figure of a cell, and which one it is."""
    return f"{cell[name]:.2f} ({cell['kind']}, {cell['homes']:,})"


def alarms(cells: Cells, columns: Mapping[str, str], unit: str = "homes") -> str:
    """Return the figures of each kind of world and size, peers beside them, and their means."""
    rows = []
    for homes in sizes(cells):
        here = [cell for cell in cells if cell["homes"] == homes]
        rows += [[f"{homes:,}", cell["kind"], *figures([cell], columns)] for cell in here]
        rows.append([f"**{homes:,}**", "**all**", *figures(here, columns)])
    head = [unit, "world", "false alarms a year", *columns.values()]
    return table(head, rows)


def figures(cells: Cells, columns: Mapping[str, str]) -> Iterable[str]:
    """Return ours and those of the peers, in a cell for each figure."""
    yield " / ".join(number(fmean(cell[f"false{rule}"] for cell in cells)) for rule in ALARM_RULES)
    for name in columns:
        yield " / ".join(share(fmean(cell[f"{name}{rule}"] for cell in cells)) for rule in ALARM_RULES)


def average(cells: Cells, homes: int, name: str) -> float:
    """Return a figure over all kinds of world."""
    return fmean(cell[name] for cell in cells if cell["homes"] == homes)


def sizes(cells: Cells) -> list[int]:
    """Return the numbers of homes that were simulated."""
    return sorted({cell["homes"] for cell in cells})


def results(name: str) -> dict[str, Any]:
    """Return the results of a simulator."""
    found: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def percent(value: float) -> str:
    """Return a share in percent."""
    return f"{100 * value:.1f} %"


def share(value: float) -> str:
    """Return a share of all worlds."""
    return f"{value:.2f}"


def number(value: float) -> str:
    """Return how often something happens."""
    return f"{value:.2f}"
