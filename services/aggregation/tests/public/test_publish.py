"""Publication: once a week, never again, held back where the mix of homes jumped."""

from contextlib import closing
from datetime import timedelta
from hashlib import sha256
import json
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from aggregation.cli import APP
from aggregation.keys import new_receipt_key
from aggregation.mails.decisions import Decision, decide
from aggregation.public.archive import held, ledger, publication
from aggregation.public.file import CHANGE_OF_KEYS, PublicKeys, canonical
from aggregation.public.publish import homes_of_week, release
from aggregation.storage.engine import Database
from aggregation.storage.keys import add_receipt_key, ensure_receipt_key, receipt_keys, retire_receipt_key
from aggregation.storage.migrate import opened
from aggregation.storage.schema import SUBMISSIONS
from aggregation.storage.schema_public import EPSILON, PUBLICATIONS
from aggregation.weeks import iso_name
from tests.proofs import tries
from tests.public.conftest import NOW, WEEK, fill, work
from tests.public.test_numbers import without_noise
from tests.support import calling, live_server, settings_for


def numbers_of(database: Database) -> dict[str, Any]:
    """Return the numbers that were published last, whose signature is right."""
    with database.reading() as connection:
        found = publication(connection)
        keys = receipt_keys(connection)
    assert found is not None
    document = json.loads(found.file)
    key = jwt.PyJWK(PublicKeys(keys, NOW.date()).signing.jwk, "EdDSA")
    claims = jwt.decode(document["jws"], key, ["EdDSA"])
    numbers: dict[str, Any] = document["numbers"]
    assert claims == {
        "week": numbers["week"],
        "numbers_sha256": sha256(canonical(numbers)).hexdigest(),
    }
    assert found.sha256 == sha256(found.file.encode()).hexdigest()
    return numbers


def test_a_settled_week_is_published_once_and_signed(fleet: Database) -> None:
    assert work(fleet)
    first = numbers_of(fleet)
    assert first["week"] == "2026-W22"
    assert first["homes"] > 400
    assert first["tables"]
    assert work(fleet)
    assert numbers_of(fleet) == first
    with fleet.reading() as connection:
        lines = ledger(connection)[1:]
        assert connection.scalar(select(func.count()).select_from(PUBLICATIONS)) == 1
        spent = connection.scalar(select(func.sum(EPSILON.c.epsilon_permille)))
    assert spent is not None
    assert spent <= 1000
    assert {line[0] for line in lines} == {"2026-W22"}


def test_numbers_are_those_of_the_homes(fleet: Database) -> None:
    work(fleet, noise=without_noise)
    numbers = numbers_of(fleet)
    assert iso_name(WEEK) == numbers["week"]
    ids = select(SUBMISSIONS.c.installation_id).where(
        SUBMISSIONS.c.week == WEEK, SUBMISSIONS.c.is_apart.is_not(True)
    )
    with fleet.reading() as connection:
        assert numbers["homes"] == len(set(connection.scalars(ids)))


def test_homes_that_are_counted_apart_move_no_figure(fleet: Database) -> None:
    """Those of a network that has too many of them."""
    with fleet.writing() as connection:
        before = homes_of_week(connection, WEEK)
        ids = select(SUBMISSIONS.c.installation_id).where(SUBMISSIONS.c.week == WEEK).distinct().limit(50)
        apart = list(connection.scalars(ids))
        connection.execute(
            SUBMISSIONS.update().where(SUBMISSIONS.c.installation_id.in_(apart)).values(is_apart=True)
        )
        after = homes_of_week(connection, WEEK)
    assert (len(apart), len(before) - len(after)) == (50, 50)


def test_a_deletion_changes_nothing_of_what_was_published(fleet: Database) -> None:
    work(fleet)
    before = numbers_of(fleet)
    with fleet.writing() as connection:
        connection.execute(SUBMISSIONS.delete())
    work(fleet)
    assert numbers_of(fleet) == before


def test_a_week_with_homes_that_nobody_has_waits_for_a_person(database: Path) -> None:
    fill(database, homes=tries(400, fast=200), weeks=tries(40, fast=30), made_up=0.1)
    with closing(opened(f"sqlite:///{database}", 5.0)) as fleet:
        _is_held_until_it_is_released(fleet)


def _is_held_until_it_is_released(fleet: Database) -> None:
    for _ in range(2):
        assert work(fleet)
    with fleet.writing() as connection:
        assert publication(connection) is None
        assert list(held(connection)) == ["2026-W22"]
        assert not release(connection, 2900, without_noise, NOW.date())
        assert release(connection, WEEK, without_noise, NOW.date())
        assert not release(connection, WEEK, without_noise, NOW.date())
        assert held(connection) == {}
    assert numbers_of(fleet)["week"] == "2026-W22"


def test_keys_change_slowly_so_that_homes_can_follow(fleet: Database) -> None:
    with fleet.writing() as connection:
        (old,) = ensure_receipt_key(connection, new_receipt_key())
        add_receipt_key(connection, new_receipt_key())
        retire_receipt_key(connection, old.kid, NOW.date())
        rows = receipt_keys(connection)
    new = next(row for row in rows if row.kid != old.kid)
    during = PublicKeys(rows, NOW.date() + CHANGE_OF_KEYS - timedelta(days=1))
    assert (during.signing.kid, len(during.named)) == (old.kid, 2)
    afterwards = PublicKeys(rows, NOW.date() + CHANGE_OF_KEYS)
    assert afterwards.signing.kid == new.kid
    assert afterwards.named == [during.named[1]]


@pytest.fixture
def everybody(fleet: Database, database: Path) -> Any:
    """Give a client without any key, of a service that has published."""
    work(fleet)
    with live_server(settings_for(database)) as url, calling(url) as client:
        yield client


def test_everybody_sees_the_page_the_files_and_what_they_cost(everybody: httpx.Client) -> None:
    page = everybody.get("/public")
    assert page.status_code == 200
    assert "In 2026-W22" in page.text
    assert page.headers["cache-control"] == "public, max-age=3600"
    latest = everybody.get("/public/latest.json")
    week = latest.json()["numbers"]["week"]
    weekly = everybody.get(f"/public/weekly/{week}.json")
    assert weekly.content == latest.content
    assert "immutable" in weekly.headers["cache-control"]
    again = everybody.get("/public/latest.json", headers={"If-None-Match": latest.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert everybody.get("/public/index.json").json()["weeks"][0]["sha256"] == latest.headers["etag"].strip(
        '"'
    )
    assert everybody.get("/public/ledger.csv").text.startswith("week,table,unit,epsilon")
    assert f"weekly/{week}.json" in everybody.get("/public/feed.xml").text
    table = next(iter(latest.json()["numbers"]["tables"]))
    assert everybody.get(f"/public/tables/{table}.csv").text.startswith("of,percent")


@pytest.mark.parametrize("path", ["weekly/2026-W99.json", "weekly/2020-W01.json", "tables/x.csv", "tables/x"])
def test_what_was_not_published_is_not_found(everybody: httpx.Client, path: str) -> None:
    assert everybody.get(f"/public/{path}").status_code == 404


def test_nothing_is_published_yet(client: httpx.Client) -> None:
    assert "Nothing has been published yet." in client.get("/public").text
    assert client.get("/public/latest.json").status_code == 404
    assert client.get("/public/index.json").json() == {"weeks": [], "held": [], "errata": []}
    assert client.get("/public/feed.xml").status_code == 200


def test_what_was_decided_stands_on_the_page_and_in_the_feed_once_it_is_for_everybody(
    fleet: Database, database: Path
) -> None:
    texts = {True: "Voron comes first.\n\nMore <b> at 10 %.", False: "Not for everybody."}
    for week, (is_public, text) in enumerate(texts.items(), WEEK):
        with fleet.writing() as connection:
            decide(
                connection,
                Decision(week=week, language="en", text=text, decided_day=NOW.date(), is_public=is_public),
            )
    work(fleet)
    with live_server(settings_for(database)) as url, calling(url) as client:
        page, found = client.get("/public").text, client.get("/public/feed.xml").text
    name = iso_name(WEEK)
    assert f'<h3 id="decided-{name}-en">' in page
    assert "<p>Voron comes first.</p><p>More &lt;b&gt; at 10 %.</p>" in page
    assert f"What we decided from the data ({name}, en)" in found
    assert "Voron comes first.\n\nMore &lt;b&gt; at 10 %." in found
    for text in (page, found):
        assert "Not for everybody." not in text


def test_errata_and_held_weeks_have_commands(fleet: Database, database: Path) -> None:
    run = CliRunner(env={"AGGREGATION_DATABASE_URL": f"sqlite:///{database}"})
    assert run.invoke(APP, ["public", "erratum", "Week 20 lacks Malta.", "--week", "2026-W20"]).exit_code == 0
    assert run.invoke(APP, ["public", "held"]).output == ""
    for wrong in (["erratum", " "], ["erratum", "x", "--week", "2026-20"], ["release", "2026-W20"]):
        assert run.invoke(APP, ["public", *wrong]).exit_code == 2, wrong
    with closing(opened(f"sqlite:///{database}", 5.0)) as found:
        work(found)
    with live_server(settings_for(database)) as url, calling(url) as client:
        assert "Week 20 lacks Malta." in client.get("/public").text
        (noted,) = client.get("/public/index.json").json()["errata"]
        assert (noted["week"], noted["text"]) == ("2026-W20", "Week 20 lacks Malta.")
        (told,) = client.get("/public/latest.json").json()["numbers"]["errata"]
        assert told == {"week": "2026-W20", "noted": noted["noted"]}
