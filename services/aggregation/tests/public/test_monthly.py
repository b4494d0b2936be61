"""The report of a month for everybody: of published files alone, published and withdrawn by a person."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
import json
from pathlib import Path
import re
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from aggregation.mails.decisions import Decision, decide
from aggregation.public.monthly import monthly_report
from aggregation.public.months import month_named, months, publish_month
from aggregation.public.publish import homes_of_week
from aggregation.storage.engine import Database
from aggregation.storage.records import KeyScope
from aggregation.storage.schema_public import PUBLICATIONS
from aggregation.weeks import iso_name
from tests.dashboard.conftest import SAME_ORIGIN, make_key, signed_in
from tests.dashboard.test_sharing import token
from tests.public.conftest import NOW, WEEK, work
from tests.support import calling, live_server, settings_for

MAILS = "/dashboard/mails"
PAGE = "/public/monthly/2026-05"
"""Week 22 begins on 2026-05-25 and is the last that begins in May."""


def publish_weeks(database: Database, homes: dict[int, int], prints: int = 1000, **tables: Any) -> None:
    """Publish weeks, so many before the last one of May, with made-up numbers."""
    with database.writing() as connection:
        for before, number in homes.items():
            week = WEEK - before
            numbers = {
                "week": iso_name(week),
                "homes": number,
                "prints": prints if number >= 200 else 0,
                "prints_ever": 0,
                "tables": tables,
            }
            file = json.dumps({"jws": "", "numbers": numbers})
            values = {"week": week, "sha256": f"{week:064}", "file": file, "published_day": NOW.date()}
            connection.execute(PUBLICATIONS.insert().values(values))


def decided(database: Database, text: str, *, is_public: bool) -> None:
    with database.writing() as connection:
        decide(
            connection,
            Decision(week=WEEK, language="en", text=text, decided_day=NOW.date(), is_public=is_public),
        )


def summary(database: Database) -> str:
    with database.reading() as connection:
        month = month_named(connection, "2026-05", only_published=False)
        assert month is not None
        return monthly_report(connection, month).summary


def seven_more(counts: Sequence[int], _scale: float) -> list[int]:
    """Add noise that is never none."""
    return [count + 7 for count in counts]


@pytest.fixture
def everybody(fleet: Database, database: Path) -> Iterator[httpx.Client]:
    """Give somebody without a key, at a service that has published a week of a real fleet."""
    assert work(fleet, noise=seven_more)
    with live_server(settings_for(database)) as url, calling(url, headers=SAME_ORIGIN) as http:
        yield http


@pytest.fixture
def admin(everybody: httpx.Client, database: Path) -> Iterator[httpx.Client]:
    with calling(everybody.base_url, headers=SAME_ORIGIN) as http:
        yield signed_in(http, make_key(database, KeyScope.ADMIN))


def posted(client: httpx.Client, what: str, month: str = "2026-05") -> int:
    form = {"token": token(client, MAILS), "month": month}
    return client.post(f"{MAILS}/months/{what}", data=form).status_code


def test_a_month_is_for_everybody_from_when_a_person_publishes_it_until_they_withdraw_it(
    everybody: httpx.Client, admin: httpx.Client, fleet: Database
) -> None:
    decided(fleet, "Voron comes first.\n\nMore <b> at 10 %.", is_public=True)
    assert everybody.get(PAGE).status_code == 404
    assert PAGE not in everybody.get("/public").text
    preview = admin.get(f"{MAILS}/months/2026-05")
    assert "This is how everybody would see it." in preview.text
    assert everybody.get(f"{MAILS}/months/2026-05").status_code == 303
    assert posted(admin, "publish") == posted(admin, "publish") == 303
    page = everybody.get(PAGE)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "public, max-age=3600"
    assert page.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert "<p>Voron comes first.</p><p>More &lt;b&gt; at 10 %.</p>" in page.text
    for path in ("/public", "/public/feed.xml"):
        assert PAGE in everybody.get(path).text
    assert PAGE in admin.get(MAILS).text
    assert posted(admin, "withdraw") == 303
    assert everybody.get(PAGE).status_code == 404
    for path in ("/public", "/public/feed.xml"):
        assert PAGE not in everybody.get(path).text


def test_what_was_decided_and_not_published_is_not_on_it(
    everybody: httpx.Client, admin: httpx.Client, fleet: Database
) -> None:
    decided(fleet, "Not for everybody.", is_public=False)
    assert posted(admin, "publish") == 303
    assert "Not for everybody." not in everybody.get(PAGE).text


def test_every_figure_of_the_page_is_in_a_published_file(
    everybody: httpx.Client, admin: httpx.Client, fleet: Database
) -> None:
    assert posted(admin, "publish") == 303
    text = everybody.get(PAGE).text
    numbers = everybody.get("/public/latest.json").json()["numbers"]
    permille = {each for table in numbers["tables"].values() for each in table["permille"].values()}
    cells = re.findall(r'<td class="number">([\d.,]+)(?: %)?</td>', text)
    known = {f"{each / 10:.1f}" for each in permille} | {f"{numbers[name]:,}" for name in ("homes", "prints")}
    assert len(cells) > 20
    assert set(cells) <= known
    with fleet.reading() as connection:
        exact = len(homes_of_week(connection, WEEK))
    assert numbers["homes"] != exact
    assert f"about {numbers['homes']:,} homes shared a report in a week" in text
    assert f"{exact:,}" not in cells
    assert f"about {exact:,}" not in text


@pytest.mark.parametrize("month", ["2026-04", "2026-06", "2026-13", "2026-5", "../latest", "2026-05x"])
def test_a_month_without_its_last_week_cannot_be_published(
    everybody: httpx.Client, admin: httpx.Client, month: str
) -> None:
    assert posted(admin, "publish", month) == 404
    assert everybody.get(f"/public/monthly/{month}").status_code == 404


def test_only_who_may_change_things_publishes(
    everybody: httpx.Client, admin: httpx.Client, database: Path
) -> None:
    with calling(everybody.base_url, headers=SAME_ORIGIN) as http:
        reader = signed_in(http, make_key(database, KeyScope.READ))
        assert "Publish" not in reader.get(MAILS).text
        assert posted(reader, "publish") == 403
    form = {"month": "2026-05"}
    assert admin.post(f"{MAILS}/months/publish", data=form).status_code == 403
    foreign = {"token": token(admin, MAILS), **form}
    cross = {"Sec-Fetch-Site": "cross-site"}
    assert admin.post(f"{MAILS}/months/publish", data=foreign, headers=cross).status_code == 403
    assert everybody.post(f"{MAILS}/months/publish", data=form).status_code in {303, 403}
    assert everybody.get(PAGE).status_code == 404


def test_prints_are_told_only_where_all_four_weeks_were_published(fleet: Database) -> None:
    publish_weeks(fleet, {0: 400, 1: 410, 2: 390})
    assert "prints" not in summary(fleet)
    publish_weeks(fleet, {3: 380, 4: 350})
    text = summary(fleet)
    assert text.startswith("At the end of May 2026, about 400 homes shared a report in a week, about 350")
    assert text.endswith("In these four weeks they made about 4,000 prints.")
    publish_weeks(fleet, {5: 350, 6: 350, 7: 350}, prints=500)
    assert summary(fleet).endswith("about 4,000 prints, about 2,500 in the four before.")


def test_few_homes_are_no_number_and_have_no_prints(fleet: Database) -> None:
    publish_weeks(fleet, {0: 0, 1: 30, 2: 0, 3: 199, 4: 0})
    few = "fewer than ten"
    text = f"At the end of May 2026, {few} homes shared a report in a week, {few} four weeks earlier."
    assert summary(fleet) == text
    with fleet.reading() as connection:
        month = month_named(connection, "2026-05", only_published=False)
        assert month is not None
        (weekly,) = monthly_report(connection, month).panels
    assert weekly.rows[-1] == (iso_name(WEEK), "fewer than ten", "not published")


def test_a_week_that_was_held_back_is_named(fleet: Database) -> None:
    publish_weeks(fleet, {0: 400, 2: 390, 3: 380})
    with fleet.reading() as connection:
        month = month_named(connection, "2026-05", only_published=False)
        assert month is not None
        report = monthly_report(connection, month)
    assert report.missing == [iso_name(WEEK - 1)]
    assert report.panels[0].rows[-2] == (iso_name(WEEK - 1), "unknown", "unknown")


def test_months_follow_each_other_and_publishing_one_changes_no_file(fleet: Database) -> None:
    publish_weeks(fleet, dict.fromkeys(range(30), 300))
    with fleet.writing() as connection:
        before = connection.execute(select(PUBLICATIONS)).all()
        found = months(connection, only_published=False)
        assert [each.name for each in found[:3]] == ["2026-05", "2026-04", "2026-03"]
        assert len(found) == len({each.name for each in found})
        publish_month(connection, found[1], NOW.date() + timedelta(days=1))
        assert [each.title for each in months(connection)] == ["April 2026"]
        assert connection.execute(select(PUBLICATIONS)).all() == before
