"""Page for everybody: the public numbers as sentences, tables and charts, and how sure they are."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from aggregation.dashboard.panel import PERCENT, Chart, Column, Panel
from aggregation.public.noise import TABLE_SCALE
from aggregation.public.numbers import Document
from aggregation.public.shares import WHOLE
from aggregation.public.tables import NONE, OLDER, REST, SEVERAL, TOO_FEW, UNTOLD
from aggregation.rollups.values import OTHER

_WORDS: Final = {
    UNTOLD: "not shared",
    NONE: "none",
    SEVERAL: "several",
    TOO_FEW: "fewer than 5 prints",
    OLDER: "older versions",
    OTHER: "other",
    REST: "all the rest",
}
_LEADING: Final = (UNTOLD, REST, TOO_FEW)


class _Kind(NamedTuple):
    """How a table is told."""

    title: str
    question: str
    unit: str
    chart: Chart = Chart.BARS


_KINDS: Final = {
    "success_rate": _Kind("Completed prints", "How many of a week's prints are completed?", "%"),
    "print_hours": _Kind("Print hours", "How many hours does a home print in a week?", "hours"),
    "failures": _Kind("What goes wrong", "Which kind of error does a home see in a week?", ""),
    "printers": _Kind("Printers", "Which printers do people have?", ""),
    "versions": _Kind("Versions", "Which versions are in use?", ""),
    "deployments": _Kind("Installation", "How is it installed?", "", Chart.DONUT),
    "countries": _Kind("Countries", "Where are the homes?", "", Chart.MAP),
    "success_by_printer": _Kind("Completed prints by printer", "How do printers differ?", "%"),
}


def panels(numbers: Document) -> list[Panel]:
    """Return the panels of a week's numbers."""
    shown = numbers["tables"]
    return [_panel(name, shown[name]) for name in _KINDS if name in shown]


def summary(numbers: Document) -> str:
    """Return the first sentence."""
    if not numbers["homes"]:
        return f"In {numbers['week']}, fewer than ten homes shared a report."
    text = f"In {numbers['week']}, about {numbers['homes']:,} homes shared a report"
    if numbers["prints"]:
        return f"{text}: about {numbers['prints']:,} prints, {numbers['prints_ever']:,} so far."
    return f"{text}. With fewer than 200 homes, nothing else is published."


def _panel(name: str, table: Document) -> Panel:
    kind, homes = _KINDS[name], table["homes"]
    order = [bucket for bucket in (*table["buckets"], REST) if bucket in table["permille"]]
    if kind.chart is Chart.MAP:
        order.sort(key=lambda bucket: (bucket in _LEADING, -table["permille"][bucket]))
    rows = [(_word(bucket, kind.unit), table["permille"][bucket] / 10) for bucket in order]
    points = 100 * TABLE_SCALE / homes
    return Panel(
        key=name,
        title=kind.title,
        question=kind.question,
        sentence=_sentence(order, table, kind.unit),
        population=f"about {homes:,} homes that shared a report in {table['week']}",
        columns=(Column("of", "homes with"), Column("percent", "share", PERCENT)),
        rows=rows,
        chart=kind.chart,
        drawn=("percent",),
        hints=(
            f"Noise moves a share by about {points:.1f} points.",
            f"Shown by name from {table['fewest']} homes on.",
        ),
    )


def _sentence(order: Sequence[str], table: Document, unit: str) -> str:
    """Say what most homes that told it have."""
    told = {bucket: table["permille"][bucket] for bucket in order if bucket not in _LEADING}
    if not told:
        return "Too few homes to say."
    most = max(told, key=lambda bucket: told[bucket])
    share = 100 * told[most] / (WHOLE - sum(table["permille"].get(each, 0) for each in (UNTOLD, TOO_FEW)))
    return f"{share:.0f} % of the homes that tell it: {_word(most, unit)}."


def _word(bucket: str, unit: str) -> str:
    kind, _, band = bucket.rpartition(":")
    if bucket in _WORDS:
        return _WORDS[bucket]
    text = bucket.replace("_", " ") if not kind else f"{kind.replace('_', ' ')}: {band}"
    return f"{text} {unit}".strip()
