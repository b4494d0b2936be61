"""Rules and dashboard against real programs, where Debian's are installed, and real metrics."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
import shutil
import subprocess
from typing import Any

import httpx
import pytest

from tests.postgres import free_port
from tests.support import ROOT, encoded, live_server, settings_for, submit, wait_until

MONITORING = ROOT / "deploy" / "monitoring"
METRIC = re.compile(r"\baggregation_\w+")


def program(name: str) -> str:
    """Return the path of a program, or skip."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def run(*command: str) -> str:
    """Run a command that must succeed and return what it says."""
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=MONITORING, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_alerts_are_raised_when_they_should() -> None:
    promtool = program("promtool")
    assert "6 rules found" in run(promtool, "check", "rules", "alerts.yml")
    assert "SUCCESS" in run(promtool, "test", "rules", "alerts_test.yml")


def test_configuration(tmp_path: Path) -> None:
    promtool = program("promtool")
    for file in ("alerts.yml", "prometheus.yml"):
        shutil.copy(MONITORING / file, tmp_path)
    (tmp_path / "read_key").write_text("a key")
    assert "SUCCESS" in run(promtool, "check", "config", str(tmp_path / "prometheus.yml"))


@pytest.fixture
def service(database: Path) -> Iterator[str]:
    """Give the address of a service that has taken in a report."""
    with live_server(settings_for(database)) as url:
        with httpx.Client(base_url=url) as client:
            assert submit(client, encoded({"installation.platform": "amiga"})).status_code == 200
        yield url


def expressions() -> list[str]:
    """Return everything that alerts and dashboard ask for."""
    dashboard = json.loads((MONITORING / "grafana" / "aggregation.json").read_text())
    panels = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return [*panels, (MONITORING / "alerts.yml").read_text()]


def test_what_is_asked_for_is_there(service: str) -> None:
    wanted = {name for text in expressions() for name in METRIC.findall(text)}
    answer = httpx.get(f"{service}/metrics").text
    assert len(wanted) > 4
    assert wanted <= set(METRIC.findall(answer))
    result = subprocess.run(
        [program("promtool"), "check", "metrics"], input=answer, text=True, capture_output=True, check=False
    )
    assert result.returncode == 0, result.stderr


@pytest.fixture
def prometheus(service: str, tmp_path: Path) -> Iterator[str]:
    """Run a Prometheus that scrapes the service, and give its address."""
    binary = program("prometheus")
    text = (MONITORING / "prometheus.yml").read_text()
    text = text.partition("    dns_sd_configs")[0].replace("15s", "1s")
    text += f"    static_configs:\n      - targets: ['{service.removeprefix('http://')}']\n"
    (tmp_path / "prometheus.yml").write_text(text)
    (tmp_path / "read_key").write_text("a key")
    shutil.copy(MONITORING / "alerts.yml", tmp_path)
    address = f"127.0.0.1:{free_port()}"
    options = [f"--web.listen-address={address}", f"--storage.tsdb.path={tmp_path / 'tsdb'}"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [binary, f"--config.file={tmp_path / 'prometheus.yml'}", *options], stdout=log, stderr=log
        )
        yield f"http://{address}"
        process.terminate()
        process.wait(20)


def asked(address: str, query: str) -> list[dict[str, Any]]:
    """Return what Prometheus answers, nothing as long as it does not."""
    try:
        answer = httpx.get(f"{address}/api/v1/query", params={"query": query})
    except httpx.TransportError:
        return []
    return list(answer.json()["data"]["result"]) if answer.is_success else []


def test_real_scrape(prometheus: str) -> None:
    query = 'aggregation_reports_total{outcome="new"}'
    wait_until(lambda: bool(asked(prometheus, query)))
    (found,) = asked(prometheus, query)
    assert (found["metric"]["protocol"], found["value"][1]) == ("1.0", "1")
    rules = httpx.get(f"{prometheus}/api/v1/rules").json()["data"]["groups"][0]["rules"]
    assert [rule["health"] for rule in rules] == [rules[0]["health"]] * 6
    for text in expressions()[:-1]:
        answer = httpx.get(f"{prometheus}/api/v1/query", params={"query": text})
        assert answer.json()["status"] == "success", text
