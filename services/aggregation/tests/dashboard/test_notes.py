"""What maintainers note on the time lines."""

from datetime import timedelta
import json
from pathlib import Path
import re

import httpx
import pytest

from aggregation.dashboard.noting import MOST_CHARACTERS
from aggregation.storage.records import KeyScope
from aggregation.storage.schema import NOTES
from aggregation.storage.versions import add_versions
from aggregation.weeks import iso_name, monday
from tests.dashboard.conftest import make_key, opened, signed_in
from tests.dashboard.test_sharing import token
from tests.made import count


@pytest.fixture
def admin(stranger: httpx.Client, database: Path) -> httpx.Client:
    """Give a client that is signed in with an admin key."""
    return signed_in(stranger, make_key(database, KeyScope.ADMIN, "chief"))


def note(client: httpx.Client, week: str, text: str) -> int:
    """Add a note and return the status of the answer."""
    form = {"week": week, "text": text, "token": token(client, "/dashboard/notes")}
    return client.post("/dashboard/notes", data=form).status_code


def marks(client: httpx.Client) -> list[dict[str, str]]:
    """Return what stands on the first time line of a page."""
    page = client.get("/dashboard/homes").text
    drawing = re.search(r'class="drawing">(.*?)</script>', page, re.DOTALL)
    assert drawing
    found: list[dict[str, str]] = json.loads(drawing[1])["marks"]
    return found


def test_a_note_stands_on_every_time_line_until_it_is_removed(admin: httpx.Client, week: int) -> None:
    assert note(admin, iso_name(week), "We were <talked> about") == 303
    mark = {"week": iso_name(week), "text": "We were <talked> about"}
    assert mark in marks(admin)
    page = admin.get("/dashboard/notes").text
    assert "We were &lt;talked&gt; about" in page
    number = re.findall(r'name="note" value="(\d+)"', page)[0]
    form = {"note": number, "token": token(admin, "/dashboard/notes")}
    assert admin.post("/dashboard/notes/remove", data=form).status_code == 303
    assert mark not in marks(admin)


def test_releases_stand_on_the_time_line_in_the_week_of_their_day(
    reader: httpx.Client, database: Path, week: int
) -> None:
    with opened(database) as there, there.writing() as connection:
        add_versions(connection, ["9.1.0"], monday(week) + timedelta(days=6))
    assert {"week": iso_name(week), "text": "9.1.0"} in marks(reader)


@pytest.mark.parametrize(
    ("named", "text"),
    [
        ("2026-W54", "a"),
        ("2026-47", "a"),
        ("", "a"),
        ("2026-W47", ""),
        ("2026-W47", "a" * (MOST_CHARACTERS + 1)),
        ("2026-W47", "a\x00b"),
    ],
)
def test_what_is_no_note_is_refused(admin: httpx.Client, database: Path, named: str, text: str) -> None:
    assert note(admin, named, text) == 400
    with opened(database) as there:
        assert count(there, NOTES) == 0


def test_a_read_key_only_reads_them(reader: httpx.Client, week: int) -> None:
    assert "sign in with an admin key" in reader.get("/dashboard/notes").text
    # The page for readers has no form for notes; its session's token is on every page.
    form = {"week": iso_name(week), "text": "a", "token": token(reader, "/dashboard/homes")}
    assert reader.post("/dashboard/notes", data=form).status_code == 403
    assert reader.post("/dashboard/notes/remove", data=form | {"note": "1"}).status_code == 403
