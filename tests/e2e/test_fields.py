"""What reports tell besides counts: of a real Home Assistant, in the sums of a real service.

Country, printers, features and system take turns, as the week's id draws it. So a file is kept that has
counted in two earlier weeks, with a secret whose ids draw the turns one after the other. An experiment is
declared in copies of both programs: none runs at release.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count
import json
from pathlib import Path
import shutil
from typing import Any, Final, override
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest

from custom_components.printernizer_stats.core.dictionary import DICTIONARY
from custom_components.printernizer_stats.core.models import UsageEvent
from custom_components.printernizer_stats.core.report_intervals import utc_day
from custom_components.printernizer_stats.core.sharing import history
from custom_components.printernizer_stats.core.sharing.identity import SECRETS, derive
from custom_components.printernizer_stats.core.store import UsageStore
from custom_components.printernizer_stats.core.store.report_intervals import roll
from custom_components.printernizer_stats.core.store.settings import set_setting
from custom_components.printernizer_stats.core.week import monday
from stack.ha_configuration import COMPONENTS
from stack.home_assistant import Json
from stack.integration import DOMAIN, Integration
from stack.parts import interpreter
from stack.process import PATIENCE, free_port, wait_until
from stack.service import SOURCE, AggregationService
from stack.standin import CONFIGURATION

from .conftest import CLIENT_KEY, required
from .homes import FreshHome, Homes
from .test_silence import OBSERVER

AGO: Final = (3, 1, 0)
TURNS: Final = ("printers", "system", "features")
"""Of the weeks so long ago, this one the last."""
EXPERIMENT: Final = "shown_hint"
DECLARED: Final[Json] = {
    "variants": ["as_before", "first"],
    "population": 100,
    "horizon_weeks": 8,
    "measure": "errors",
    "purpose": "Shows whether a hint helps.",
}
COMPLETED, FAILED = 3, 2


class TryingService(AggregationService):
    """A service in whose dictionary an experiment is declared."""

    key = ""
    """What its sums are read with."""

    @override
    def environment(self) -> Mapping[str, str]:
        source = str(self.directory / "source")
        return {**super().environment(), "PYTHONPATH": source, "AGGREGATION_INSIGHT": "false"}


def declare(file: Path) -> None:
    """Declare the experiment in a dictionary."""
    known = json.loads(file.read_text(encoding="utf-8"))
    known["experiments"] = {EXPERIMENT: DECLARED}
    known["enums"]["experiment"] = [EXPERIMENT]
    file.write_text(json.dumps(known), encoding="utf-8")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[TryingService]:
    """Run the service with the experiment."""
    required("PRINTERNIZER_SERVICE_PYTHON")
    directory = tmp_path / "service"
    copied = directory / "source" / "aggregation"
    shutil.copytree(SOURCE / "aggregation", copied)
    declare(copied / "dictionary.json")
    trying = TryingService(directory, free_port(), interpreter("service"), CLIENT_KEY)
    trying.key = trying.reading_key()
    trying.start()
    try:
        yield trying
    finally:
        trying.stop()


@pytest.fixture
def home(homes: Homes, tmp_path: Path) -> Iterator[FreshHome]:
    """Run a Home Assistant with the experiment, and with a file that has counted in two earlier weeks."""
    copied = tmp_path / "custom_components"
    shutil.copytree(COMPONENTS, copied)
    declare(copied / DOMAIN / "core" / "dictionary.json")
    started = FreshHome(tmp_path / "home", free_port(), interpreter("hass"), CONFIGURATION)
    started.config.mkdir(parents=True)
    (started.config / "custom_components").symlink_to(copied, target_is_directory=True)
    count_in_weeks_before(started.config / f"{DOMAIN}.db", utc_day(datetime.now(UTC).timestamp()))
    started.variables = {"PYTHONPATH": str(OBSERVER), "PRINTERNIZER_NO_CONTAINER": "1"}
    homes.known.append(started)
    started.start()
    yield started
    started.stop()


def count_in_weeks_before(file: Path, today: date) -> None:
    """Make a file that has counted prints in two earlier weeks, and whose ids draw the turns."""
    mondays = [monday(today) - timedelta(weeks=back) for back in AGO]
    noons = [datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp() for day in mondays]
    now = noons[0]
    store = UsageStore(file, ZoneInfo("UTC"), lambda _: None, lambda: now)
    store.open(now)
    store.run(lambda conn: history.note_first_day(conn, mondays[0])).result()
    for now, day in zip(noons, mondays, strict=True):
        store.run(partial(roll, today=day)).result()
        if day != mondays[-1]:
            store.record((printed("job_completed", now),) * COMPLETED)
            store.record((printed("job_failed", now),) * FAILED)
            store.flush().result()
    store.run(lambda conn: set_setting(conn, SECRETS[0], drawing(mondays))).result()
    store.close()


def printed(kind: str, at: float) -> UsageEvent:
    """Return a print that ended."""
    return UsageEvent(type=kind, at=at, printer="a", data={"printer_type": "prusa", "duration_seconds": 3600})


def drawing(mondays: list[date]) -> str:
    """Return a secret whose ids draw the turns of the weeks."""
    wanted = [DICTIONARY.turns.index(turn) for turn in TURNS]
    for number in count():
        secret = number.to_bytes(32)
        if [UUID(derive(secret, day).id).int % len(DICTIONARY.turns) for day in mondays] == wanted:
            return secret.hex()
    raise AssertionError


def share(home: FreshHome, service: AggregationService) -> None:
    """Agree to share everything, with the weeks counted so far."""
    server = {"url": service.submit_url, "client_key": service.api_key}
    answers: list[Json] = [
        {"next_step_id": "sharing"},
        {"share": True, "server": server},
        {"categories": ["printers", "usage", "features", "errors"]},
        {"agree": True, "include_past": True},
    ]
    home.walk_flow("options/flow", {"handler": home.entries(DOMAIN)[0]["entry_id"]}, answers)
    wait_until("sharing is in use", lambda: home.entries(DOMAIN)[0]["state"] == "loaded")


def send_all(home: FreshHome, integration: Integration) -> list[Json]:
    """Send what waits, and return it, the oldest first; each was acknowledged."""
    for _ in TURNS:
        integration.ask("submit_now")
    reports = home.get(integration.ask("export_data")["download_url"])["reports"]
    assert all(report["receipt"] for report in reports)
    return sorted(
        (json.loads(report["body"]) for report in reports), key=lambda body: body["period"]["start"]
    )


def told_in(service: TryingService, report: Json, metric: str) -> dict[str, int]:
    """Return the sums of a metric in the week of a report, by value, as the service tells them."""
    year, week, _ = datetime.fromisoformat(report["period"]["start"]).isocalendar()
    query = {"metric": metric, "weeks": "6"}
    headers = {"X-API-Key": service.key}
    answer = httpx.get(f"{service.url}/stats/weekly", params=query, headers=headers, timeout=PATIENCE)
    weeks: Any = answer.raise_for_status().json()["weeks"]
    (values,) = (each["values"] for each in weeks if each["week"] == f"{year}-W{week:02}")
    return {name: total for name, total in values.items() if total}


def test_what_a_real_home_tells_is_in_the_sums(home: FreshHome, service: TryingService) -> None:
    integration = Integration(home)
    integration.set_up(service, share=False)
    integration.show_dashboard()
    integration.ask("export_data")
    share(home, service)
    printers, system, features = send_all(home, integration)

    told = partial(told_in, service)
    sent = (printers, system, features)
    wait_until("all is in the sums", lambda: all(told(each, "active") == {"": 1} for each in sent))
    gaps = [each["history"]["weeks_since_previous_report"] for each in sent]
    assert gaps == ["none", "2", "1"]
    assert [told(each, "gap") for each in sent] == [{gap: 1} for gap in gaps]

    assert printers["usage_stats"]["completed_by_type"] == {"prusa": COMPLETED}
    assert printers["usage_stats"]["failed_by_type"] == {"prusa": FAILED}
    assert told(printers, "type_completed") == {"prusa": COMPLETED}
    assert told(printers, "type_failed") == {"prusa": FAILED}

    version = ".".join(home.get("/api/config")["version"].split(".")[:2])
    assert system["installation"]["ha_version"] == version
    assert told(system, "ha_version") == {version: 1}
    assert system["installation"]["deployment_mode"] == "homeassistant_core"
    assert told(system, "deployment_mode") == {"homeassistant_core": 1}

    usage = features["usage_stats"]
    used = sorted(name for name, is_on in usage["feature_usage"].items() if is_on)
    assert used == usage["features_first_used"] == ["dashboard_enabled", "exports_used"]
    assert told(features, "feature_on") == told(features, "feature_first") == dict.fromkeys(used, 1)
    assert usage["experiment"] == EXPERIMENT
    assert usage["variant"] in DECLARED["variants"]
    assert told(features, "experiment") == {f"{EXPERIMENT} {usage['variant']}": 1}
