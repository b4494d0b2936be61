"""What a report says."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from aggregation.analytics.numbers import change, percent
from aggregation.analytics.v1.stats import Stats
from aggregation.weeks import iso_name

SHOWN = 5


class Kind(StrEnum):
    """How long a report looks back."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"

    @property
    def weeks(self) -> int:
        """Return the number of weeks."""
        return 1 if self is Kind.WEEKLY else 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A number of the period and of the one before."""

    name: str
    now: int
    before: int

    @property
    def change(self) -> str:
        """Return the change in percent, signed."""
        return f"{change(self.now, self.before):+.1f} %" if self.before else "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """The most frequent values of something: name, number, percent."""

    title: str
    rows: list[tuple[str, int, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """All that a report says."""

    title: str
    period: str
    numbers: list[Compared]
    success_rate: float
    shares: list[Shares]
    anomalies: list[str]


_TEMPLATES = Environment(
    loader=PackageLoader("aggregation.mails"),
    autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(content: Content, form: str) -> str:
    """Return a report as `txt` or `html`."""
    return _TEMPLATES.get_template(f"mail.{form}.j2").render(report=content)


def make_content(stats: Stats, kind: Kind) -> Content:
    """Return what there is to say of the last whole weeks."""
    last = stats.reference_week()
    first = last - kind.weeks + 1
    usage, before = _sums(stats, "capped_usage", last, kind)
    errors, errors_before = _sums(stats, "capped_errors", last, kind)
    ended = sum(usage[f"{outcome}_count"] for outcome in ("completed", "failed", "cancelled"))
    return Content(
        title=f"Printernizer usage statistics: {kind} report",
        period=iso_name(last) if kind is Kind.WEEKLY else f"{iso_name(first)} to {iso_name(last)}",
        numbers=[
            Compared(
                name="Active installations",
                now=stats.reader.active(last, kind.weeks),
                before=stats.reader.active(first - 1, kind.weeks),
            ),
            _compared("New installations", "", _sums(stats, "first_report", last, kind)),
            _compared("Prints", "job_count", (usage, before)),
            _compared("Hours printed", "print_hours", (usage, before)),
            Compared(name="Errors", now=errors.total(), before=errors_before.total()),
        ],
        success_rate=percent(usage["completed_count"], ended),
        shares=_shares(stats, last, kind, errors),
        anomalies=[item["message"] for item in stats.anomalies()["anomalies"]],
    )


def _shares(stats: Stats, last: int, kind: Kind, errors: Counter[str]) -> list[Shares]:
    """Return what the homes of the weeks are like, and their errors."""
    over = stats.reader.over_weeks
    return [
        _top("Versions", stats.reader.versions_over_weeks(last, kind.weeks)),
        _top("Installed as", over("deployment_mode", last, kind.weeks)),
        _top("Countries", over("country", last, kind.weeks)),
        _top("Printers", over("capped_printer_type", last, kind.weeks)),
        _top("Errors", errors),
    ]


def _sums(stats: Stats, metric: str, last: int, kind: Kind) -> tuple[Counter[str], Counter[str]]:
    """Return a metric added up over the weeks, and over those before."""
    return _sum(stats, metric, last, kind), _sum(stats, metric, last - kind.weeks, kind)


def _sum(stats: Stats, metric: str, last: int, kind: Kind) -> Counter[str]:
    """Return a metric added up over the weeks up to one."""
    total: Counter[str] = Counter()
    for week in range(last - kind.weeks + 1, last + 1):
        total.update(stats.reader.values(metric, week))
    return total


def _compared(name: str, value: str, sums: tuple[Counter[str], Counter[str]]) -> Compared:
    """Return one value of a metric now and before."""
    return Compared(name=name, now=sums[0][value], before=sums[1][value])


def _top(title: str, counts: Counter[str]) -> Shares:
    """Return the most frequent values."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:SHOWN]
    return Shares(title=title, rows=[(name, count, percent(count, counts.total())) for name, count in ranked])
