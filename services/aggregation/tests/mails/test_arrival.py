"""A mail on its whole way: simulated homes, the process as operators have it, STARTTLS, a login, an inbox."""

from contextlib import closing
from datetime import UTC, datetime
import os
from pathlib import Path
import subprocess
import sys
from typing import Any

import pytest

from aggregation.fleet.loading import load
from aggregation.fleet.plan import Incident, Plan
from aggregation.mails.content import Kind
from aggregation.mails.issues import issue
from aggregation.mails.timetable import WEEKDAYS
from aggregation.storage.migrate import opened
from aggregation.weeks import iso_name, week_of_day
from tests.inbox import Inbox, parts
from tests.mails.conftest import BASE, reader
from tests.support import ROOT, SECONDS, environment

pytestmark = pytest.mark.programs


def test_a_weekly_summary_of_simulated_homes_arrives_once(
    same_day: None, database: Path, inbox: Inbox, server: dict[str, Any]
) -> None:
    today = datetime.now(UTC).date()
    week = week_of_day(today) - 2
    with closing(opened(f"sqlite:///{database}", 5.0)) as found:
        load(found, Plan(homes=120, weeks=24, until=today, incidents=(Incident(week, week, silent=0.5),)))
        reader(found, "ann@example.org", monthly=False)
        reader(found, "bea@example.org", language="de", monthly=False)
        reader(found, "cem@example.org", weekly=False, monthly=False)
        reader(found, "dan@example.org", confirmed=None)
    values = {name.upper(): str(value) for name, value in server.items() if name != "certificate"}
    settings = environment(
        database,
        **values,
        PUBLIC_URL=BASE,
        PUBLIC_NUMBERS="false",
        MAIL_WEEKDAY=WEEKDAYS[today.weekday()],
        MAIL_HOUR="0",
        LOG_LEVEL="warning",
    )
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-m", "aggregation", "insight", "--once"],
            cwd=ROOT,
            env=settings | {"SSL_CERT_FILE": os.fspath(server["certificate"])},
            capture_output=True,
            timeout=SECONDS,
            check=True,
        )
        assert done.stderr == b""
    assert sorted(inbox.recipients) == ["ann@example.org", "bea@example.org"]
    english, german = sorted(inbox.mails, key=lambda mail: str(mail["To"]))
    assert english["Subject"].startswith(f"Printernizer statistics, {iso_name(week)}: ")
    assert german["Subject"].startswith(f"Printernizer-Statistik, {iso_name(week)}: ")
    assert english["Message-ID"] != german["Message-ID"]
    with closing(opened(f"sqlite:///{database}", 5.0)) as found, found.reading() as connection:
        content = issue(connection, Kind.WEEKLY, week)
    assert content
    for mail in (english, german):
        text, html = parts(mail)
        homes = f"{content.homes.value:.0f}"
        assert homes in text
        assert homes in html
        assert len(bytes(mail)) < 60_000
