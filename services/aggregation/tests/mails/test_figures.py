"""Numbers that everybody can trace: each in a mail is a link to where the same number stands."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, date, datetime, time
from html.parser import HTMLParser
import re
from typing import Any, override

from babel.numbers import parse_decimal
import httpx
import pytest

from aggregation.dashboard.pages import shown
from aggregation.dashboard.view import View
from aggregation.fleet.loading import load
from aggregation.insight.history import work_through
from aggregation.mails.content import Content, Kind, make_content
from aggregation.mails.render import letter_of
from aggregation.mails.words import Words
from aggregation.storage.engine import Database
from aggregation.storage.migrate import opened
from aggregation.weeks import iso_name, monday, week_of_day
from tests.fleet.homes import awkward
from tests.mails.conftest import BASE
from tests.proofs import tries

UNTIL = date(2026, 11, 25)
NOW = datetime.combine(UNTIL, time(9), UTC)
WEEK = week_of_day(UNTIL) - 2
COLUMNS = {
    "weekly": {
        "homes": "active",
        "new": "new",
        "prints": "prints",
        "success": "middle_success",
        "errors": "any",
    },
    "monthly": {
        "homes": "active",
        "new": "new",
        "prints": "prints",
        "success": "middle_success",
        "errors": "with_error",
    },
}
"""Where the five figures stand; those tables are counted again in tests/dashboard/test_one_truth."""


class Links(HTMLParser):
    """The links of a mail with what is read on them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._to: str | None = None
        self.feed(html)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._to = dict(attrs)["href"]
            self.found.append((self._to or "", ""))

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._to = None

    @override
    def handle_data(self, data: str) -> None:
        if self._to:
            to, text = self.found[-1]
            self.found[-1] = (to, text + data)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Give a database of awkward homes whose last weeks were judged."""
    path = tmp_path_factory.mktemp("figures") / "fleet.db"
    with closing(opened(f"sqlite:///{path}", 5.0)) as database:
        load(database, awkward(homes=tries(150, fast=80), weeks=40))
        assert work_through(database, NOW, 5)
        yield database


def content_of(database: Database, kind: Kind) -> Content:
    with database.reading() as connection:
        return make_content(connection, kind, WEEK, NOW)


def rows_at(database: Database, address: str) -> list[Mapping[str, Any]]:
    """Return the rows of the panel that a link leads to, as the page has it."""
    assert address.startswith(BASE)
    url = httpx.URL(address.removeprefix(BASE))
    with database.reading() as connection:
        values = shown(connection, url.path.rsplit("/", 1)[1], View.parse(dict(url.params)), NOW)
    (panel,) = [panel for panel in values["panels"] if panel.key == url.fragment]
    return list(panel.records())


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("kind", Kind)
def test_each_of_the_five_figures_is_what_the_page_behind_its_link_says(
    fleet: Database, kind: Kind, language: str
) -> None:
    content = content_of(fleet, kind)
    assert not content.is_quiet
    html = letter_of(content, language, BASE).html
    links = [(to, text) for to, text in Links(html).found if re.fullmatch(r"[\d.,]+(\s%)?", text)]
    figures, bars = links[:5], links[5:]
    assert len(figures) == 5
    for (to, text), name in zip(figures, COLUMNS[kind], strict=True):
        rows = {row["week"]: row for row in rows_at(fleet, to)}
        value = rows[iso_name(WEEK)][COLUMNS[kind][name]]
        told = f"{value:.1f}" if "%" in text else f"{value}"
        assert float(parse_decimal(text.rstrip("%").strip(), language)) == float(told), name
        assert value
    homes = {row["week"]: row["active"] for row in rows_at(fleet, bars[0][0])}
    weeks = [iso_name(week) for week in range(WEEK - 12, WEEK + 1)]
    assert [int(parse_decimal(text, language)) for _, text in bars] == [homes[week] for week in weeks]


@pytest.mark.parametrize("kind", Kind)
def test_each_change_is_a_row_of_the_page_of_changes(fleet: Database, kind: Kind) -> None:
    content, words = content_of(fleet, kind), Words("en")
    letter = letter_of(content, "en", BASE)
    (to,) = {to for to, _ in Links(letter.html).found if to.endswith("/changes#moved")}
    rows = {(row["series"], row["week"]): row for row in rows_at(fleet, to)}
    assert content.moves
    for move in content.moves:
        row = rows[move.series, iso_name(move.week)]
        assert words.amount(row["value"], row["unit"]) in words.moved(move)
        assert words.moved(move) in letter.text
        assert (row["beyond_chance"] == "yes") == move.is_beyond_chance


def test_the_period_before_is_in_the_same_table(fleet: Database) -> None:
    for kind in Kind:
        content = content_of(fleet, kind)
        for number in content.numbers:
            rows = {row["week"]: row for row in rows_at(fleet, f"{BASE}{number.path}")}
            assert rows[iso_name(WEEK - kind.weeks)][number.column] == number.before


def test_a_mail_tells_which_weeks_when_and_of_how_many_homes(fleet: Database) -> None:
    text = letter_of(content_of(fleet, Kind.MONTHLY), "en", BASE).text
    homes = content_of(fleet, Kind.MONTHLY).homes.value
    weeks = f"{iso_name(WEEK - 3)} to {iso_name(WEEK)}"
    assert f"About {weeks}. Made 2026-11-25 09:00 UTC from the reports of {homes:.0f} homes" in text
    assert monday(WEEK) < UNTIL
