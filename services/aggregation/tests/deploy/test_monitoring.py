"""Rules and dashboard against real programs, where Debian's are installed, and real metrics."""

from collections.abc import Iterator
from contextlib import contextmanager
import json
from pathlib import Path
import re
import shutil
import subprocess
from typing import Any

import httpx
import pytest

from tests.deploy.programs import MONITORING, Running, program, run, running
from tests.inbox import Inbox, taking
from tests.postgres import free_port
from tests.support import SECONDS, calling, encoded, live_server, settings_for, submit, wait_until

pytestmark = pytest.mark.programs

METRIC = re.compile(r"\baggregation_\w+")
RULES = (MONITORING / "alerts.yml").read_text().count("- alert:")


def test_alerts_are_raised_when_they_should() -> None:
    promtool = program("promtool")
    assert f"{RULES} rules found" in run(promtool, "check", "rules", "alerts.yml", folder=MONITORING)
    assert "SUCCESS" in run(promtool, "test", "rules", "alerts_test.yml", folder=MONITORING)


def test_configuration(tmp_path: Path) -> None:
    promtool = program("promtool")
    for file in ("alerts.yml", "prometheus.yml"):
        shutil.copy(MONITORING / file, tmp_path)
    (tmp_path / "read_key").write_text("a key")
    assert "SUCCESS" in run(promtool, "check", "config", str(tmp_path / "prometheus.yml"))
    amtool = program("amtool")
    assert "1 receivers" in run(amtool, "check-config", "alertmanager.yml", folder=MONITORING)


@pytest.fixture
def service(database: Path) -> Iterator[str]:
    """Give the address of a service that has taken in a report."""
    with live_server(settings_for(database)) as url:
        with calling(url) as client:
            assert submit(client, encoded({"installation.platform": "amiga"})).status_code == 200
        yield url


def expressions() -> list[str]:
    """Return everything that alerts and dashboard ask for."""
    dashboard = json.loads((MONITORING / "grafana" / "aggregation.json").read_text())
    panels = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return [*panels, (MONITORING / "alerts.yml").read_text()]


def test_what_is_asked_for_is_there(service: str) -> None:
    wanted = {name for text in expressions() for name in METRIC.findall(text)}
    answer = httpx.get(f"{service}/metrics", timeout=SECONDS).text
    assert len(wanted) > 4
    assert wanted <= set(METRIC.findall(answer))
    result = subprocess.run(
        [program("promtool"), "check", "metrics"], input=answer, text=True, capture_output=True, check=False
    )
    assert result.returncode == 0, result.stderr


@contextmanager
def prometheus(
    folder: Path, service: str, manager: str = "127.0.0.1:1", **changes: str
) -> Iterator[tuple[str, Running]]:
    """Run a Prometheus with our rules, maybe changed, that scrapes the service; give its address, too."""
    binary = program("prometheus")
    text = (MONITORING / "prometheus.yml").read_text()
    text = text.partition("    dns_sd_configs")[0].replace("15s", "1s")
    text = text.replace("alertmanager:9093", manager)
    text += f"    static_configs:\n      - targets: ['{service.removeprefix('http://')}']\n"
    (folder / "prometheus.yml").write_text(text)
    (folder / "read_key").write_text("a key")
    rules = (MONITORING / "alerts.yml").read_text()
    for old, new in changes.items():
        rules = re.sub(rf"{old}: \w+", f"{old}: {new}", rules)
    (folder / "alerts.yml").write_text(rules)
    address = f"127.0.0.1:{free_port()}"
    options = [f"--web.listen-address={address}", f"--storage.tsdb.path={folder / 'tsdb'}"]
    config = f"--config.file={folder / 'prometheus.yml'}"
    with running(folder / "prometheus.log", binary, config, *options) as server:
        yield f"http://{address}", server


def asked(address: str, query: str) -> list[dict[str, Any]]:
    """Return what Prometheus answers, nothing as long as it does not."""
    try:
        answer = httpx.get(f"{address}/api/v1/query", params={"query": query}, timeout=SECONDS)
    except httpx.TransportError:
        return []
    return list(answer.json()["data"]["result"]) if answer.is_success else []


def health(address: str) -> list[str]:
    """Return how each rule is."""
    groups = httpx.get(f"{address}/api/v1/rules", timeout=SECONDS).json()["data"]["groups"]
    return [rule["health"] for group in groups for rule in group["rules"]]


def test_real_scrape(service: str, tmp_path: Path) -> None:
    query = 'aggregation_reports_total{outcome="new"}'
    with prometheus(tmp_path, service) as (address, server):
        wait_until(lambda: asked(address, query), server)
        (found,) = asked(address, query)
        assert (found["metric"]["protocol"], found["value"][1]) == ("1.0", "1")
        wait_until(lambda: health(address) == ["ok"] * RULES, server)
        for text in expressions()[:-1]:
            answer = httpx.get(f"{address}/api/v1/query", params={"query": text}, timeout=SECONDS)
            assert answer.json()["status"] == "success", text


@contextmanager
def alertmanager(folder: Path, mail_port: int) -> Iterator[tuple[str, Running]]:
    """Run an Alertmanager with our configuration that mails to a server of ours at once."""
    binary = program("prometheus-alertmanager", "alertmanager")
    text = (MONITORING / "alertmanager.yml").read_text()
    for setting in ("smtp_auth_username: .*", "smtp_auth_password_file: .*"):
        text = re.sub(rf"  {setting}\n", "", text)
    text = text.replace("mail.example.org:587", f"127.0.0.1:{mail_port}\n  smtp_require_tls: false")
    (folder / "alertmanager.yml").write_text(text.replace("group_wait: 30s", "group_wait: 0s"))
    address = f"127.0.0.1:{free_port()}"
    options = [f"--web.listen-address={address}", "--cluster.listen-address=", f"--storage.path={folder}"]
    config = f"--config.file={folder / 'alertmanager.yml'}"
    with running(folder / "alertmanager.log", binary, config, *options) as server:
        yield address, server


def test_service_that_is_gone_is_mailed(database: Path, tmp_path: Path) -> None:
    inbox = Inbox()
    with taking(inbox) as mail_port, alertmanager(tmp_path, mail_port) as (manager, warning):
        with live_server(settings_for(database)) as url:
            pass
        with prometheus(tmp_path, url, manager, **{"for": "0s"}) as (_, asking):
            wait_until(lambda: inbox.mails, warning, asking)
            alerts = httpx.get(f"http://{manager}/api/v2/alerts", timeout=SECONDS).json()
    (alert,) = [alert for alert in alerts if alert["labels"]["alertname"] == "AggregationDown"]
    assert alert["labels"]["severity"] == "critical"
    assert alert["annotations"]["action"].startswith("Look at its log")
    assert inbox.recipients[0] == "operators@example.org"
    assert "AggregationDown" in inbox.mails[0]["Subject"]
