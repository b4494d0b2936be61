"""Words: what mails say, in the language of who reads them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from babel.dates import format_date
from babel.numbers import format_decimal

from aggregation.alerts.findings import DRIFT, MIX, RELEASE, Finding
from aggregation.alerts.watch import WATCHED
from aggregation.judging.verdicts import Change
from aggregation.mails.content import Content, Kind, Number
from aggregation.mails.timetable import month_of
from aggregation.texts.catalog import Texts
from aggregation.weeks import iso_name

_SPACE: Final = "\u00a0"
"""Between a number and its unit, so that they stay together."""
_RAREST: Final = 1e-4
"""What is rarer is told as once in 10,000 weeks at most."""
_FALLEN: Final = "fallen"


class Words(Texts):
    """All that is said, in one language."""

    def amount(self, value: float, unit: str) -> str:
        """Return a number as it is read, rounded as on the pages."""
        if unit == "%":
            return f"{format_decimal(float(f'{value:.1f}'), '#,##0.0', locale=self.language)}{_SPACE}%"
        return format_decimal(round(value), locale=self.language)

    def number(self, number: Number) -> str:
        """Return one of the five figures."""
        return self.amount(number.value, number.unit)

    def name(self, number: Number, kind: Kind) -> str:
        """Return what one of the five figures is."""
        own = f"number {number.name} {kind}"
        return self(own if own in self._said else f"number {number.name}")

    def change(self, number: Number) -> str:
        """Return how a figure has changed since the period before: in points, or in percent."""
        if number.unit == "%":
            return f"{self._signed(number.value - number.before, '0.0')}{_SPACE}pp"
        if not number.before:
            return self("new") if number.value else "\u00b10"
        return f"{self._signed(100 * (number.value - number.before) / number.before, '0')}{_SPACE}%"

    def title(self, content: Content) -> str:
        """Return what the mail is about."""
        if content.kind is Kind.WEEKLY:
            return f"{self('product')}, {iso_name(content.week)}"
        month = format_date(month_of(content.week), "LLLL y", locale=self.language)
        return f"{self('product')}, {month}"

    def period(self, content: Content) -> str:
        """Return the weeks."""
        last = iso_name(content.week)
        return (
            last if content.kind is Kind.WEEKLY else self("weeks", first=iso_name(content.first), last=last)
        )

    def what(self, move: Finding) -> str:
        """Return what has moved, and of whom."""
        tail = move.series.partition("/")[2]
        if move.test == RELEASE:
            version, _, kind = tail.partition("/")
            return self("release", kind=kind, version=version)
        title = self.watched(move.watched, WATCHED[move.watched].title)
        return f"{title} ({self.whose(tail)})" if tail else title

    def moved(self, move: Finding) -> str:
        """Return a movement in a line."""
        return self(self._form("moved", move), **self._values(move))

    def rarity(self, move: Finding) -> str:
        """Return how rare a movement is."""
        if move.is_beyond_chance:
            return self("sure")
        return self("once", weeks=self.amount(1 / max(move.chance, _RAREST), ""))

    def first_sentence(self, content: Content) -> str:
        """Return what changed most, and whether that is more than chance."""
        if content.is_quiet or not content.moves:
            homes, before = content.homes, self(f"before {content.kind}")
            values = {"homes": self.number(homes), "before": self.amount(homes.before, ""), "period": before}
            return self("quiet" if content.has_history else "young", **values)
        move = content.moves[0]
        if move.is_beyond_chance:
            return self(self._form("more", move), **self._values(move))
        looked = self.amount(content.looked_at, "")
        return self("most", moved=f"{self.moved(move)} ({self.rarity(move)})", looked=looked)

    def headline(self, content: Content) -> str:
        """Return the same in a few words."""
        if content.is_quiet or not content.moves:
            return self("head quiet" if content.has_history else "head young")
        move = content.moves[0]
        if not move.is_beyond_chance:
            return self("head most")
        return self(self._form("head more", move), **self._values(move))

    def provenance(self, content: Content) -> str:
        """Return where the numbers come from."""
        made = f"{datetime.fromtimestamp(content.made, UTC):%Y-%m-%d %H:%M}"
        return self("provenance", period=self.period(content), made=made, homes=self.number(content.homes))

    def _form(self, name: str, move: Finding) -> str:
        """Return the form of a text for a kind of movement."""
        return f"{name} {move.test}" if move.test in {MIX, DRIFT} else name

    def _values(self, move: Finding) -> Mapping[str, str]:
        """Return the values of a movement."""
        way = _FALLEN if move.change == Change.FALLEN else "risen"
        return {
            "what": self.what(move),
            "value": self.amount(move.value, move.unit),
            "expected": self.amount(move.expected, move.unit),
            "way": self(way),
        }

    def _signed(self, value: float, form: str) -> str:
        """Return a difference with its sign."""
        text = format_decimal(abs(value), form, locale=self.language)
        sign = "\u00b1" if not float(f"{value:.1f}") else "+" if value > 0 else "\u2212"
        return f"{sign}{text}"
