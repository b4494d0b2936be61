"""Shard of a fleet: some homes, simulated and folded in one process, their rows spilled to files by week.

The sums are those of the same pure functions that fold real reports.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import count, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import msgpack
from msgspec.json import encode

from aggregation.fleet.course import Course, Sent, courses
from aggregation.fleet.plan import Plan
from aggregation.rollups.contributions import contribute
from aggregation.rollups.fold import current_facts
from aggregation.rollups.totals import Tally
from aggregation.rollups.values import KnownVersions, known_versions
from aggregation.storage.inserts import Row, columns_of
from aggregation.storage.schema import SUBMISSIONS
from aggregation.storage.submissions import installation_sha256
from aggregation.weeks import week_of_day

MOST_ROWS = 50_000
"""So many rows are held before they are spilled."""
NAMES = tuple(column.name for column in SUBMISSIONS.columns if column.name not in {"id", "received_day"})
TRUTH = "truth"

type Spilled = tuple[date, int, list[Any]]
"""The day on which a report came, the home, and the value of each of `NAMES`."""


class Shard(NamedTuple):
    """Every so-many-th home of a plan, and the folder for its rows."""

    plan: Plan
    number: int
    of: int
    folder: Path
    versions: frozenset[str]
    """The ones that are counted by name."""
    has_truth: bool = False

    @property
    def homes(self) -> range:
        """Return the numbers of its homes."""
        return range(self.number, self.plan.size, self.of)


class Folded(NamedTuple):
    """What a shard adds up to: sums by the rows of the rollups, tombstones, the count of rows."""

    totals: dict[Any, Any]
    tombstones: list[dict[str, Any]]
    rows: int


def fold_shard(shard: Shard) -> Folded:
    """Simulate the homes of a shard, and fold and spill what they sent."""
    known = known_versions(shard.versions)
    tally = Tally()
    tombstones: list[dict[str, Any]] = []
    spill = _Spill(shard)
    for course in courses(shard.plan, shard.homes):
        for row in folded_rows(course, known, tally):
            spill.add(course.home.number, row)
        tombstones += _tombstones(course.sent)
        if shard.has_truth:
            spill.tell(course)
    spill.flush()
    return Folded(dict(tally.totals()), tombstones, spill.rows)


def folded_rows(course: Course, known: KnownVersions, tally: Tally) -> list[Row]:
    """Return the rows that are there of a home in the end, and add to the sums what they add up to."""
    rows = [columns_of(sent.report) for sent in course.sent if sent.is_kept]
    for number, row in enumerate(rows, 1):
        row["id"] = number
    facts = current_facts(rows, known, {row["id"] for row in rows})
    for row in rows:
        row.update(facts[row["id"]])
    group_of = itemgetter("installation_id", "week")
    for _, group in groupby(sorted(rows, key=group_of), key=group_of):
        contribute(tally, group)
    return rows


def read_spilled(folder: Path, week: int) -> list[Row]:
    """Return the rows of all shards that came in a week, in the order in which they came."""
    found: list[Spilled] = []
    for path in folder.glob(f"{week}.*"):
        found += _read(path)
    found.sort(key=itemgetter(0, 1))
    return [dict(zip(NAMES, values, strict=True)) | {"received_day": day} for day, _, values in found]


def spilled_weeks(folder: Path) -> list[int]:
    """Return the weeks in which reports came."""
    return sorted({int(path.stem) for path in folder.iterdir() if path.stem != TRUTH})


class _Spill:
    """Rows on their way to files, one for each week in which they came."""

    def __init__(self, shard: Shard) -> None:
        """Take where to."""
        self._folder = shard.folder
        self._number = shard.number
        self._held: defaultdict[int, list[Spilled]] = defaultdict(list)
        self._waiting = count(1)
        self.rows = 0

    def add(self, home: int, row: Row) -> None:
        """Take a row."""
        day = row["received_day"]
        self._held[week_of_day(day)].append((day, home, [row[name] for name in NAMES]))
        self.rows += 1
        if next(self._waiting) == MOST_ROWS:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        for week, rows in self._held.items():
            block = msgpack.encode(rows)
            with (self._folder / f"{week}.{self._number}").open("ab") as target:
                target.write(len(block).to_bytes(8))
                target.write(block)
        self._held.clear()
        self._waiting = count(1)

    def tell(self, course: Course) -> None:
        """Write the truth about a home, a line of JSON."""
        with (self._folder / f"{TRUTH}.{self._number}").open("ab") as target:
            target.write(encode(truth_of(course)) + b"\n")


def truth_of(course: Course) -> dict[str, Any]:
    """Return the truth about a home: what it is, what it did, and what it sent of that."""
    sent = [
        {
            "installation_id": each.identifier,
            "week": each.week,
            "protocol": each.values["schema_version"],
            "received": each.received,
            "outcome": each.outcome,
            "deleted": each.deleted,
            "is_apart": each.is_apart,
        }
        for each in course.sent
    ]
    home = {name: getattr(course.home, name) for name in course.home.__slots__ if name != "lag"}
    return {"home": home, "weeks": course.weeks, "sent": sent}


def _read(path: Path) -> Iterator[Spilled]:
    """Yield the rows of a file."""
    decoder = msgpack.Decoder(list[Spilled])
    with path.open("rb") as source:
        while size := source.read(8):
            yield from decoder.decode(source.read(int.from_bytes(size)))


def _tombstones(sent: list[Sent]) -> list[dict[str, Any]]:
    """Return what is left of a home that had its reports deleted."""
    counts: dict[str, int] = {}
    days: dict[str, date] = {}
    for each in sent:
        if each.deleted is not None:
            days[each.identifier] = each.deleted
            counts[each.identifier] = counts.get(each.identifier, 0) + (each.outcome == "new")
    return [
        {
            "installation_sha256": installation_sha256(name),
            "deleted_day": day,
            "deleted_count": counts[name],
            "receipt_kid": "",
        }
        for name, day in days.items()
    ]
