from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from aggregation.errors import ForbiddenError, ServiceError, UnprovenError
from aggregation.keeping.repository import Repository
from aggregation.keys import announce_first_key, digest, make_first_key, new_api_key
from aggregation.security import Access
from aggregation.settings import PUBLIC_CLIENT_KEY
from aggregation.storage.records import ApiKeyRow, KeyScope
from tests.support import calling, live_server, settings_for

DAY = date(2026, 11, 22)


@pytest.fixture
def repository(database: Path) -> Iterator[Repository]:
    opened = Repository.open(f"sqlite:///{database}", 1.0)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("given", "kind", "detail"),
    [
        (None, ForbiddenError, "Not authenticated"),
        ("", ForbiddenError, "Not authenticated"),
        ("Right", UnprovenError, "Invalid API key"),
        ("right ", UnprovenError, "Invalid API key"),
        ("righ", UnprovenError, "Invalid API key"),
        ("r\xefght", UnprovenError, "Invalid API key"),
    ],
)
def test_wrong_key(repository: Repository, given: str | None, kind: type[ServiceError], detail: str) -> None:
    with pytest.raises(kind) as caught:
        Access(repository, "right").check(given, KeyScope.SUBMIT)
    assert caught.value.detail == detail


@pytest.mark.parametrize("held", KeyScope)
def test_scopes_include_lower_ones(repository: Repository, held: KeyScope) -> None:
    text, row = new_api_key("a", held)
    repository.add_api_key(row)
    access = Access(repository, "right")
    access.load()
    order = list(KeyScope)
    for wanted in KeyScope:
        if order.index(wanted) <= order.index(held):
            access.check(text, wanted)
        else:
            with pytest.raises(ForbiddenError):
                access.check(text, wanted)


def test_shared_and_public_keys_only_submit(repository: Repository) -> None:
    for name, key in (("shared", "right"), ("public", PUBLIC_CLIENT_KEY)):
        row = ApiKeyRow(name=name, scope=KeyScope.ADMIN, sha256=digest(key), created_day=DAY)
        repository.add_api_key(row)
    access = Access(repository, "right")
    access.load()
    access.check("right", KeyScope.SUBMIT)
    refusals: dict[str, type[ServiceError]] = {"right": ForbiddenError, PUBLIC_CLIENT_KEY: UnprovenError}
    for key, refused in refusals.items():
        with pytest.raises(refused):
            access.check(key, KeyScope.READ)


def test_revoked_key(repository: Repository) -> None:
    text, row = new_api_key("a", KeyScope.READ)
    repository.add_api_key(row)
    access = Access(repository, "right")
    access.load()
    access.check(text, KeyScope.READ)
    repository.revoke_api_key("a", DAY)
    access.load()
    with pytest.raises(UnprovenError):
        access.check(text, KeyScope.READ)


def test_key_is_kept_only_as_hash(repository: Repository, database: Path) -> None:
    text, row = new_api_key("a", KeyScope.READ)
    repository.add_api_key(row)
    repository.close()
    assert text.encode() not in database.read_bytes()
    assert digest(text).encode() in database.read_bytes()


def test_first_start_leaves_one_admin_key_to_the_owner_of_the_files(database: Path) -> None:
    shown: list[str] = []
    settings = settings_for(database, host="0.0.0.0", behind_proxy=True)
    with live_server(settings, shown.append) as url, calling(url) as client:
        (line,) = shown
        path = Path(line.rpartition(" ")[2])
        key = path.read_text().strip()
        assert (path.parent, path.stat().st_mode & 0o777) == (database.parent, 0o600)
        assert key not in line
        assert client.get("/metrics").status_code == 403
        assert client.get("/metrics", headers={"X-API-Key": "wrong"}).status_code == 401
        for header in ({"X-API-Key": key}, {"Authorization": f"Bearer {key}"}):
            assert client.get("/metrics", headers=header).status_code == 200
    with live_server(settings, shown.append):
        assert len(shown) == 1
    assert path.read_text().strip() == key


def test_second_process_does_not_replace_the_file_of_the_first_key(
    repository: Repository, tmp_path: Path
) -> None:
    path = tmp_path / "key"
    assert make_first_key(repository, path)
    first = path.read_text()
    assert not make_first_key(repository, path)
    assert path.read_text() == first
    assert [file.name for file in tmp_path.glob("key*")] == ["key"]


def test_without_a_place_for_it_no_key_is_made(repository: Repository) -> None:
    told: list[str] = []
    announce_first_key(repository, None, told.append)
    assert "keys create admin" in told[0]
    assert repository.api_keys() == []
