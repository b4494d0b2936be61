"""One truth over the pages: every figure is what a recount of all that simulated homes sent says.

The pages as they are rendered, CSV, JSON and the measurements for Prometheus.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
import csv
from datetime import UTC, datetime, time
from io import StringIO
import re
from typing import Any

import pytest

from aggregation.dashboard.export import as_csv, document
from aggregation.dashboard.headers import PREFIX
from aggregation.dashboard.pages import PAGES, shown
from aggregation.dashboard.panel import Panel
from aggregation.dashboard.render import page as rendered
from aggregation.dashboard.view import View
from aggregation.fleet.loading import load
from aggregation.keeping.repository import Repository
from aggregation.storage.engine import Database
from aggregation.storage.migrate import migrate
from tests.dashboard.recount import deployments, errors, features, homes, printers, tables, versions
from tests.dashboard.recount.truth import Told, Truth, percents, truth_of
from tests.dashboard.test_pages import Tables, number
from tests.fleet.homes import UNTIL, awkward, fleet
from tests.proofs import FULL_PROOFS, tries

PLAN = awkward(homes=2_000, weeks=60) if FULL_PROOFS else awkward(homes=tries(260, fast=160), weeks=44)
NOW = datetime.combine(UNTIL, time(12), UTC)
VERSIONS = tables.over_weeks(lambda one: one.version)


def nothing(_: Truth, row: tables.Record) -> tables.Record:
    """Nothing was sent: the homes were loaded. What is counted at the door is shown by `test_quality`."""
    raise AssertionError(row)


RECOUNTS: Mapping[str, Mapping[str, tables.Recount]] = {
    "homes": {
        "active": tables.by_week(homes.active),
        "flow": tables.by_week(homes.flow),
        "four_weeks": tables.by_week(homes.four_weeks),
        "by_days": homes.by_days,
        "ages": homes.ages,
        "modes": tables.told_by("mode", lambda one: one.mode),
        "printernizer": tables.told_by("mode", lambda one: one.last.get("printernizer_mode")),
    },
    "versions": {
        "adoption": VERSIONS,
        "now": tables.by_value("version", lambda one: one.version),
        "after_release": versions.after_release,
        "migration": versions.migration,
        "laggards": versions.laggards(3),
        "oldest": tables.by_value("version", lambda one: one.version),
        "printernizer": tables.told_by("version", versions.printernizer),
    },
    "verdicts": {"verdicts": errors.verdicts, "changed": errors.changed, "rates": errors.rates},
    "errors": {
        "mend_first": errors.mend_first,
        "ranked": errors.ranked,
        "over_time": errors.over_time,
        "clusters": errors.clusters,
        "life": errors.life,
    },
    "features": {
        "use": features.use,
        "over_time": features.over_time,
        "by_age": features.by_age,
        "friction": features.friction,
        "underused": features.use,
    },
    "printers": {
        "types": printers.types,
        "sizes": printers.sizes,
        "prints": tables.by_week(printers.prints),
        "by_type": printers.by_type,
    },
    "countries": {"countries": homes.countries},
    "deployments": {
        "modes_over_time": tables.over_weeks(lambda one: one.mode),
        "differences": deployments.differences,
        "set_ups": deployments.set_ups,
        "python": tables.told_by("python", deployments.python),
        "home_assistant": tables.told_by("home_assistant", lambda one: one.last.get("ha_version")),
        "platform": tables.told_by("platform", lambda one: one.last["platform"]),
    },
    "quality": {
        "received": tables.by_week(errors.received),
        "door": nothing,
        "reasons": nothing,
        "late": tables.by_week(errors.late),
        "clipped": errors.clipped,
        "composition": errors.composition,
        "folded": errors.folded,
        "consent": errors.consent,
        "protocols": tables.by_value("protocol", lambda one: one.protocol),
    },
}
RECOUNTS |= {  # type: ignore[operator]
    "overview": {
        "adopted": VERSIONS,
        "broke": errors.by_version,
        "droppable": RECOUNTS["deployments"]["python"],
        "used": features.use,
        "growing": RECOUNTS["homes"]["active"],
    }
}
NOT_OF_REPORTS = {"alarms", "changes", "experiments"}
"""Pages whose rows are no count of homes, or of what no simulated home does."""
MAY_BE_EMPTY = {"underused", "door", "reasons"}
VIEWS: Mapping[str, Callable[[Told], bool]] = {
    "": lambda _: True,
    "version:1.9.0": lambda one: one.version == "1.9.0",
    "mode:docker": lambda one: one.last["deployment_mode"] == "docker",
    "country:DE": lambda one: one.last["country_code"] == "DE",
    "printer:prusa": lambda one: "prusa" in one.types,
    "protocol:2.0": lambda one: one.protocol == "2.0",
    "mode:homeassistant_os version:1.12.0": lambda one: (
        (one.version, one.last["deployment_mode"]) == ("1.12.0", "homeassistant_os")
    ),
    "age:3-6m": lambda one: one.age == "3-6m",
}


@pytest.fixture(scope="module")
def every() -> Truth:
    """Give all that the homes told."""
    return truth_of(PLAN, fleet(PLAN))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Give a database of the homes."""
    with closing(Database(f"sqlite:///{tmp_path_factory.mktemp('truth')}/a.db", 5)) as database:
        migrate(database)
        load(database, PLAN)
        yield database


def view_of(filtered: str, weeks: int = 26) -> View:
    """Return a view as an address has it."""
    first, _, second = filtered.partition(" ")
    return View.parse({"weeks": str(weeks), "filter": first, "and": second})


def panels(database: Database, name: str, view: View) -> tuple[str, list[Panel]]:
    """Return a page as it is sent, and its panels."""
    with database.reading() as connection:
        values = shown(connection, name, view, NOW)
    here = f"{PREFIX}/{name}"
    text = rendered("page", **values, session=None, base=here, here=here, days=())
    return text, values["panels"]


def near(expected: Mapping[str, Any]) -> dict[str, Any]:
    """Return figures that are equal to those that are rounded for a page."""
    return {
        name: pytest.approx(value, abs=0.011) if isinstance(value, float) else value
        for name, value in expected.items()
    }


def test_every_panel_of_every_page_is_counted_again() -> None:
    assert {*RECOUNTS, *NOT_OF_REPORTS} == {*PAGES}
    for name, recounts in RECOUNTS.items():
        assert {*recounts} == {*PAGES[name].panels}


@pytest.mark.parametrize("filtered", VIEWS)
@pytest.mark.parametrize("name", RECOUNTS)
def test_every_figure_is_what_a_count_of_all_that_was_sent_says(
    loaded: Database, every: Truth, name: str, filtered: str
) -> None:
    truth = Truth(PLAN, every.every, 26, VIEWS[filtered])
    _, found = panels(loaded, name, view_of(filtered))
    for panel in found:
        for row in panel.records():
            expected = RECOUNTS[name][panel.key](truth, row)
            assert row == near({key: value for key, value in expected.items() if key in row}), panel.key
            assert row.keys() <= expected.keys(), panel.key
        assert panel.rows or filtered or panel.key in MAY_BE_EMPTY, panel.key


@pytest.mark.parametrize("filtered", ["", "mode:docker"])
@pytest.mark.parametrize("name", PAGES)
def test_pages_and_exports_say_it_alike_and_nothing_is_null(
    loaded: Database, name: str, filtered: str
) -> None:
    view = view_of(filtered, 52)
    text, found = panels(loaded, name, view)
    tables = iter(Tables(text).tables)
    for panel in found:
        records = document(panel, view)["rows"]
        assert records == panel.records()
        written = list(csv.DictReader(StringIO(as_csv(panel).decode())))
        assert written == [{key: str(value) for key, value in row.items()} for row in records]
        if panel.rows:
            _, *rows = next(tables)
            for cells, row in zip(rows[::-1] if panel.by_week else rows, records, strict=True):
                for cell, value in zip(cells, row.values(), strict=True):
                    told = f"{value:.1f}" if isinstance(value, float) else str(value)
                    assert number(cell).split()[:1] == told.replace(",", "").split()[:1]
        assert not {None, ""} & {value for row in records for value in row.values()}
        if panel.by_week:
            assert [row["week"] for row in records] == sorted({row["week"] for row in records})
            assert len(records) in {0, view.weeks}


@pytest.mark.parametrize("name", PAGES)
def test_shares_in_sentences_have_the_percentage_and_the_interval_of_their_numbers(
    loaded: Database, name: str
) -> None:
    _, found = panels(loaded, name, View())
    pattern = r"([\d,]+) of ([\d,]+) [\w. ]+ \((\d+) %, (\d+)\u2013(\d+)\)"
    for panel in found:
        for told in re.findall(pattern, panel.sentence):
            part, whole, *rounded = (int(one.replace(",", "")) for one in told)
            if "weekly reports" in panel.sentence:
                assert rounded[0] == pytest.approx(100 * part / whole, abs=0.51)
            else:
                assert rounded == pytest.approx(percents((part, whole, whole)), abs=0.51)


def test_figures_of_the_same_name_are_equal_on_all_pages(loaded: Database) -> None:
    """A figure is told apart by its population, the columns that name the row, and its own."""
    known: dict[tuple[object, ...], object] = {}
    for name in PAGES:
        for panel in panels(loaded, name, View())[1]:
            if not panel.columns or not panel.by_week:
                continue
            for row in panel.records():
                for column in panel.columns[2:]:
                    key = (panel.population, row["week"], column.name, column.title, column.unit)
                    assert known.setdefault(key, row[column.name]) == row[column.name], (name, key)
    assert len(known) > len(PAGES)


def test_what_prometheus_is_told_of_homes_is_on_the_pages(loaded: Database, every: Truth) -> None:
    here = every.all_at(*range(every.running - 2, every.running + 1))
    unknown = sum(one.version == "other" for one in here) / len(here)
    with closing(Repository.open(str(loaded.url), 5)) as repository:
        assert repository.unknown_share(UNTIL) == pytest.approx(unknown)
        assert unknown > 0
