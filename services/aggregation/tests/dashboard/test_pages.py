"""What the pages say, and that exports say the same."""

import csv
from html import unescape
from html.parser import HTMLParser
from io import StringIO
import json
from pathlib import Path
import re
from typing import Any, override

import httpx
import pytest

from aggregation.dashboard.pages import NEXT, PAGES
from aggregation.dashboard.view import SPANS
from aggregation.storage.records import KeyScope
from aggregation.storage.sessions import add_note
from aggregation.weeks import iso_name
from tests.dashboard.conftest import SAME_ORIGIN, make_key, opened, signed_in
from tests.made import folded, made


class Tables(HTMLParser):
    """The cells of each table of a page, row by row, as they are read."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._open = False
        self.feed(page)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"th", "td"}:
            self.tables[-1][-1].append("")
            self._open = True

    @override
    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag not in {"th", "td"}

    @override
    def handle_data(self, data: str) -> None:
        if self._open:
            self.tables[-1][-1][-1] += data.strip()


def panels(client: httpx.Client, page: str, query: str = "") -> dict[str, dict[str, Any]]:
    """Return the panels of a page by their keys, as JSON has them."""
    text = client.get(f"/dashboard/{page}{query}").text
    keys = re.findall(r'<h2 id="(\w+)"', text)
    return {key: client.get(f"/dashboard/{page}/{key}.json{query}").json() for key in keys}


def number(text: str) -> str:
    """Return a cell without what makes it easy to read."""
    return text.replace(",", "").removesuffix(" %")


def test_homes_are_counted_as_they_reported(looking: httpx.Client, week: int) -> None:
    found = panels(looking, "homes")
    weeks = {row["week"]: row for row in found["active"]["rows"]}
    assert [weeks[iso_name(at)]["active"] for at in (week - 2, week - 1, week, week + 1)] == [0, 5, 6, 0]
    assert weeks[iso_name(week)]["new"] == 1
    assert weeks[iso_name(week)]["active_4w"] == 6
    assert [weeks[iso_name(at)]["state"] for at in (week, week + 1, week + 2)] == [
        "complete",
        "incomplete",
        "running",
    ]
    modes = {row["mode"]: row["homes"] for row in found["modes"]["rows"]}
    assert modes == {"docker": 4, "homeassistant": 2}
    assert "4 of 6 homes (67 %, 30\u201390)" in found["modes"]["sentence"]


def test_printernizer_beside_the_integration_is_on_the_pages_of_versions_and_homes(
    reader: httpx.Client, database: Path, week: int
) -> None:
    told = [("2.42.0", "docker")] * 3 + [("2.41.0", "pi"), ("7.7.7", "docker")]
    with opened(database) as there:
        folded(
            there,
            *(
                made(None, week, protocol="2.0", printernizer_version=version, printernizer_mode=mode)
                for version, mode in told
            ),
        )
    versions = panels(reader, "versions")["printernizer"]
    assert {row["version"]: row["homes"] for row in versions["rows"]} == {
        "2.42.0": 3,
        "2.41.0": 1,
        "other": 1,
    }
    assert "2.42.0 is the newest" in versions["sentence"]
    assert "3 of 5 homes that told it" in versions["sentence"]
    modes = panels(reader, "homes")["printernizer"]
    assert {row["mode"]: row["homes"] for row in modes["rows"]} == {"docker": 4, "pi": 1}


def test_a_service_without_homes_draws_no_chart_of_nothing(client: httpx.Client, database: Path) -> None:
    client.headers.update(SAME_ORIGIN)
    signed_in(client, make_key(database, KeyScope.READ))
    for page in PAGES:
        drawings = re.findall(
            r'class="drawing">(.*?)</script>', client.get(f"/dashboard/{page}").text, re.DOTALL
        )
        assert [each for each in drawings if not json.loads(unescape(each))["drawn"]] == [], page


def test_without_printernizer_the_pages_say_so(looking: httpx.Client) -> None:
    for page in ("versions", "homes"):
        found = panels(looking, page)["printernizer"]
        assert found["rows"] == []
        assert found["sentence"].startswith("No home told")


@pytest.mark.parametrize("query", ["", "?weeks=13", "?filter=country%3ADE", "?filter=mode%3Adocker&weeks=52"])
@pytest.mark.parametrize("page", PAGES)
def test_page_csv_and_json_show_the_same_figures(looking: httpx.Client, page: str, query: str) -> None:
    shown = iter(Tables(looking.get(f"/dashboard/{page}{query}").text).tables)
    for key, panel in panels(looking, page, query).items():
        if not panel["rows"]:
            continue
        written = list(csv.reader(StringIO(looking.get(f"/dashboard/{page}/{key}.csv{query}").text)))
        assert written[0] == [column["name"] for column in panel["columns"]]
        assert written[1:] == [[str(value) for value in row.values()] for row in panel["rows"]]
        _, *rows = next(shown)
        in_order = rows[::-1] if panel["columns"][0]["name"] == "week" else rows
        for row, record in zip(in_order, panel["rows"], strict=True):
            for cell, value in zip(row, record.values(), strict=True):
                told = f"{value:.1f}" if isinstance(value, float) else str(value)
                assert number(cell).split()[:1] == told.replace(",", "").split()[:1]


@pytest.mark.parametrize("page", PAGES)
def test_no_figure_is_missing_and_each_says_whose_it_is(looking: httpx.Client, page: str) -> None:
    for panel in panels(looking, page).values():
        assert panel["population"].startswith("homes")
        assert panel["sentence"].endswith((".", "?"))
        for row in panel["rows"]:
            assert None not in row.values()
            assert "" not in row.values()


@pytest.mark.parametrize("query", ["", "&filter=country:DE", "&filter=mode:docker"])
def test_figures_of_the_same_name_are_equal_on_pages_and_in_the_statistics_api(
    looking: httpx.Client, reading_key: str, query: str
) -> None:
    rows = panels(looking, "homes", f"?weeks=13{query}")["active"]["rows"]
    kind, _, value = query.removeprefix("&filter=").partition(":")
    scope = (
        {"scope": {"country": "country", "mode": "deployment_mode"}[kind], "scope_value": value}
        if kind
        else {}
    )
    headers = {"X-API-Key": reading_key}
    for measure, column in {"active": "active", "first_report": "new"}.items():
        told = looking.get(
            "/stats/weekly", params={"metric": measure, "weeks": 13, **scope}, headers=headers
        ).json()["weeks"]
        assert [(row["week"], row[column]) for row in rows] == [
            (week["week"], week["values"].get("", 0)) for week in told
        ]
    if not kind:
        told = looking.get("/stats/activity?weeks=13", headers=headers).json()["weeks"]
        for name in ("active", "active_4w", "active_13w", "new"):
            assert [row[name] for row in rows] == [week[name] for week in told]


@pytest.mark.parametrize("weeks", SPANS)
def test_series_are_dense(looking: httpx.Client, weeks: int) -> None:
    rows = panels(looking, "homes", f"?weeks={weeks}")["active"]["rows"]
    assert len(rows) == weeks == len({row["week"] for row in rows})


def test_a_filter_shows_only_its_homes_and_says_so(looking: httpx.Client, week: int) -> None:
    page = looking.get("/dashboard/homes?filter=country:DE").text
    assert "Only homes with country <strong>DE</strong>" in page
    rows = panels(looking, "homes", "?filter=country:DE")["active"]["rows"]
    assert next(row["active"] for row in rows if row["week"] == iso_name(week)) == 3


@pytest.mark.parametrize(
    "query",
    ["weeks=27", "weeks=-1", "weeks=x", "filter=planet:earth", "filter=country", "filter=mode:" + "x" * 51],
)
def test_an_address_that_asks_for_what_there_is_not_is_refused(looking: httpx.Client, query: str) -> None:
    answer = looking.get(f"/dashboard/homes?{query}")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_a_version_and_a_deployment_are_filtered_together(looking: httpx.Client, week: int) -> None:
    query = "?filter=mode:docker&and=version:2.42.0"
    page = looking.get(f"/dashboard/homes{query}").text
    assert "Only homes with version <strong>2.42.0</strong> and deployment <strong>docker</strong>" in page
    assert '<option value="mode:docker" selected>' in page
    rows = panels(looking, "homes", query)["active"]["rows"]
    assert next(row["active"] for row in rows if row["week"] == iso_name(week)) == 4


@pytest.mark.parametrize(
    "query",
    [
        "filter=country:DE&and=mode:docker",
        "filter=mode:docker&and=mode:pi",
        "filter=version:1.0&and=age:0-1w",
    ],
)
def test_what_cannot_be_combined_is_told_in_a_sentence(looking: httpx.Client, query: str) -> None:
    answer = looking.get(f"/dashboard/homes?{query}")
    assert answer.status_code == 400
    assert "Only a version and a deployment can be combined: the sums know no other" in answer.text


@pytest.mark.parametrize(
    "path", ["nothing", "homes/nothing.csv", "homes/active.xml", "homes/active", "static/x.js"]
)
def test_what_there_is_not_is_not_found(looking: httpx.Client, path: str) -> None:
    answer = looking.get(f"/dashboard/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


def test_exports_need_a_session(stranger: httpx.Client) -> None:
    for form in ("csv", "json"):
        assert stranger.get(f"/dashboard/homes/active.{form}").status_code == 303


def test_what_somebody_wrote_is_shown_and_never_run(reader: httpx.Client, database: Path, week: int) -> None:
    with opened(database) as there, there.writing() as connection:
        add_note(connection, week, "</script><script>alert(1)</script>")
    for query in ("", "?filter=country:%3Cscript%3Ealert(1)%3C/script%3E"):
        page = reader.get(f"/dashboard/homes{query}").text
        assert "<script>alert" not in page
        assert "alert(1)" in page


def test_how_old_the_figures_are_is_told_in_words(looking: httpx.Client) -> None:
    page = looking.get("/dashboard/homes").text
    assert re.search(r"The newest report came (\d+ days ago) \(\d{4}-\d\d-\d\d\)\.", page)


def test_the_first_screen_leads_to_what_to_do_next_in_one_click(looking: httpx.Client) -> None:
    page = looking.get("/dashboard").text
    for name, key, question in NEXT:
        assert f'<a href="/dashboard/{name}#{key}">{question}</a>' in page
        assert panels(looking, name)[key]["question"] == question
