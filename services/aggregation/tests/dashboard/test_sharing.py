"""Links to single views, for people without a key."""

from datetime import date
from pathlib import Path
import re

import httpx
import pytest

from aggregation.keys import digest
from aggregation.storage import sessions as rows
from aggregation.storage.engine import Database
from aggregation.storage.keys import add_api_key, revoke_api_key
from aggregation.storage.records import ApiKeyRow, KeyScope
from aggregation.storage.schema import LINKS
from tests.dashboard.conftest import SAME_ORIGIN, opened
from tests.made import count
from tests.support import calling

NOW = 1_800_000_000


def token(client: httpx.Client, path: str = "/dashboard/sharing") -> str:
    """Return what the forms of a signed-in client carry."""
    found = re.search(r'name="token" value="(\w+)"', client.get(path).text)
    assert found
    return found[1]


def share(client: httpx.Client, **changes: str) -> httpx.Response:
    """Share a view."""
    form = {"page": "homes", "query": "weeks=13&filter=country%3ADE", "days": "7", "name": "for Ann"}
    return client.post("/dashboard/sharing", data=form | {"token": token(client)} | changes)


def link(answer: httpx.Response) -> str:
    """Return the path of the link that was made."""
    found = re.search(r'href="http://[^/"]+(/dashboard/shared/[\w-]{43})"', answer.text)
    assert found, answer.text
    return found[1]


@pytest.fixture
def guest(reader: httpx.Client) -> httpx.Client:
    """Give somebody without a key or a session."""
    return calling(reader.base_url, headers=SAME_ORIGIN)


def test_who_has_the_link_sees_the_view_and_its_exports(reader: httpx.Client, guest: httpx.Client) -> None:
    path = link(share(reader))
    with guest:
        page = guest.get(path)
        assert page.status_code == 200
        assert "for Ann" in page.text
        assert "Only homes with country <strong>DE</strong>" in page.text
        assert page.text.count("2026-W") or "W" in page.text
        shown = guest.get(f"{path}/active.json")
        assert shown.json() == reader.get("/dashboard/homes/active.json?weeks=13&filter=country:DE").json()
        assert guest.get(f"{path}/active.csv").text.startswith("week,state,active")


def test_a_link_opens_nothing_else(reader: httpx.Client, guest: httpx.Client) -> None:
    path = link(share(reader))
    with guest:
        page = guest.get(path).text
        hrefs = set(re.findall(r'href="([^"]+)"', page)) - {"#content"}
        assert all(href.startswith((path, "/dashboard/static/")) for href in hrefs), hrefs
        assert "<form" not in page
        assert guest.get("/dashboard/homes").status_code == 303
        assert guest.get(f"{path}?filter=country:US").text == page
        assert guest.get(f"{path}/nothing.csv").status_code == 404


def test_a_link_can_be_revoked(reader: httpx.Client, guest: httpx.Client) -> None:
    path = link(share(reader))
    sha256 = digest(path.rsplit("/", 1)[1])
    assert "for Ann" in reader.get("/dashboard/sharing").text
    form = {"link": sha256, "token": token(reader)}
    assert reader.post("/dashboard/sharing/revoke", data=form).status_code == 303
    with guest:
        assert guest.get(path).status_code == 404
    assert "Nothing is shared" in reader.get("/dashboard/sharing").text


def test_the_secret_of_a_link_is_stored_nowhere(reader: httpx.Client, database: Path) -> None:
    secret = link(share(reader)).rsplit("/", 1)[1]
    with opened(database) as there, there.reading() as connection:
        (row,) = connection.execute(LINKS.select()).all()
    assert row.sha256 == digest(secret)
    assert secret not in map(str, row)
    assert secret not in reader.get("/dashboard/sharing").text


@pytest.mark.parametrize(
    "changes",
    [
        {"page": "nothing"},
        {"days": "3650"},
        {"days": ""},
        {"query": "weeks=27"},
        {"query": "filter=planet:x"},
        {"name": "a\nb"},
    ],
)
def test_what_is_no_view_is_not_shared(reader: httpx.Client, database: Path, changes: dict[str, str]) -> None:
    assert share(reader, **changes).status_code == 400
    with opened(database) as there:
        assert count(there, LINKS) == 0


def test_only_forms_of_the_session_share(reader: httpx.Client, guest: httpx.Client) -> None:
    assert share(reader, token="0" * 64).status_code == 403
    with guest:
        form = {"page": "homes", "days": "7", "token": token(reader)}
        assert guest.post("/dashboard/sharing", data=form).status_code == 403


def made(storage: Database, key: str, sha256: str, ends: int) -> bool:
    """Add a link that was made with a key."""
    row = rows.LinkRow(sha256=sha256, name="a", page="homes", query="", ends=ends)
    with storage.writing() as connection:
        return rows.add_link(connection, row, key, NOW)


def found(storage: Database, sha256: str, now: int = NOW) -> bool:
    """Tell whether a link is valid at an instant."""
    with storage.reading() as connection:
        return rows.find_link(connection, sha256, now) is not None


@pytest.fixture
def key(storage: Database) -> str:
    """Add a key and return its hash."""
    row = ApiKeyRow(name="k", scope=KeyScope.READ, sha256="a" * 64, created_day=date(2026, 11, 1))
    with storage.writing() as connection:
        add_api_key(connection, row)
    return row.sha256


def test_a_link_ends_by_itself_and_with_its_key(storage: Database, key: str) -> None:
    assert made(storage, key, "b" * 64, NOW + 10)
    assert found(storage, "b" * 64, NOW + 9)
    assert not found(storage, "b" * 64, NOW + 10)
    with storage.writing() as connection:
        revoke_api_key(connection, "k", date(2026, 11, 2))
    assert not found(storage, "b" * 64)


def test_there_are_so_many_links_and_no_more_until_one_ends(
    storage: Database, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "MOST_LINKS", 2)
    assert made(storage, key, "b" * 64, NOW + 10)
    assert made(storage, key, "c" * 64, NOW)  # over at once
    assert made(storage, key, "d" * 64, NOW + 10)
    assert not made(storage, key, "e" * 64, NOW + 10)
    assert [found(storage, letter * 64) for letter in "bcde"] == [True, False, True, False]
