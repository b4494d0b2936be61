"""Answers: dense series and one figure for each line, with whose they are, how many homes, and how sure."""

from dataclasses import dataclass
from datetime import date, datetime

from msgspec import Struct

from aggregation.analytics.intervals import Interval
from aggregation.analytics.question import Question
from aggregation.weeks import iso_name, monday


class Figure(Struct, frozen=True, kw_only=True):
    """An amount, of how many homes, and what is reckoned from both.

    `rate` is a share of the homes (0 to 1) where homes are counted, else an amount for each home and week; 0
    of no homes. `interval` is for the rate, at 95 %; None for sums that nothing bounds, and for days.
    """

    amount: float
    homes: float
    """The homes that could have been counted: the population of the answer."""
    rate: float
    interval: Interval | None


class Point(Struct, frozen=True, kw_only=True):
    """A week of a line."""

    week: int
    figure: Figure
    complete: float
    """The share of its reports that should be here by now, 0 to 1, by how late those of other weeks came."""
    is_settled: bool
    """Whether the reports about the week have had a week to come in."""

    @property
    def monday(self) -> date:
        """Return the first day of the week."""
        return monday(self.week)

    @property
    def name(self) -> str:
        """Return the week as ISO 8601 writes it."""
        return iso_name(self.week)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One value, one kind of home, or all: a point for each week that was asked for, and a figure for all.

    The figure is of an average week, or of each home once, as the question says.
    """

    label: str
    points: tuple[Point, ...]
    figure: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How far the sums lag behind the reports."""

    until: datetime
    """Everything that came before is in the sums (UTC)."""
    waiting: int
    """Reports that are not, counted up to 10,000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The lines of a question, the largest first; without a split there is one."""

    question: Question
    title: str
    unit: str
    population: str
    """Whose share or amount a rate is."""
    lines: tuple[Line, ...]
    freshness: Freshness

    @property
    def line(self) -> Line:
        """Return the only line."""
        (line,) = self.lines
        return line

    @property
    def figure(self) -> Figure:
        """Return the figure of the only line."""
        return self.line.figure
