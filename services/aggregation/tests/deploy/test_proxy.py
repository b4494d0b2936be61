"""A real Caddy with our configuration, TLS and all, in front of three processes on a real PostgreSQL."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
import os
from pathlib import Path
import re
import ssl

import httpx
import pytest
from sqlalchemy import create_engine, text

from aggregation.keeping.repository import Repository
from aggregation.keys import new_api_key
from aggregation.storage.engine import Database
from aggregation.storage.records import KeyScope
from aggregation.storage.schema import SUBMISSIONS
from tests.databases import database_url
from tests.deploy.programs import DEPLOY, program, run, running
from tests.made import count as rows_of
from tests.postgres import free_port
from tests.support import SECONDS, ServiceProcess, calling, wait_until
from tests.v2 import WeeklyClient, next_week, receipt_is_signed

pytestmark = pytest.mark.programs

CADDYFILE = DEPLOY / "caddy" / "Caddyfile"
OPTIONS = "{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n"
PROCESSES = 3
PER_MINUTE = 40
"""Few, so that a slow machine exceeds it."""


def test_caddyfile() -> None:
    environment = os.environ | {"DOMAIN": "stats.example.org"}
    command = [program("caddy"), "validate", "--adapter", "caddyfile", "--config", str(CADDYFILE)]
    assert "Valid configuration" in run(*command, env=environment)


@dataclass
class Deployment:
    """What runs: the address that clients use, and each process behind it."""

    url: str
    tls: ssl.SSLContext
    processes: list[ServiceProcess]
    key: str
    database: str
    logs: Path
    stack: ExitStack
    networks: Iterator[int] = field(default_factory=lambda: count(1))

    def client(self) -> WeeklyClient:
        """Return an installation in a network of its own."""
        return self.client_at(f"127.{next(self.networks)}.0.1")

    def client_at(self, address: str) -> WeeklyClient:
        """Return an installation at an address."""
        transport = httpx.HTTPTransport(local_address=address, verify=self.tls)
        http = calling(self.url, transport=transport)
        return WeeklyClient(self.stack.enter_context(http))

    def at_process(self, number: int, client: WeeklyClient) -> WeeklyClient:
        """Return the same installation, past the proxy."""
        http = calling(self.processes[number].url())
        other = WeeklyClient(self.stack.enter_context(http))
        other.id, other.proof = client.id, client.proof  # type: ignore[method-assign]
        return other

    def new_reports(self, number: int) -> float:
        """Return how many reports a process has taken in."""
        headers = {"Authorization": f"Bearer {self.key}"}
        metrics = httpx.get(f"{self.processes[number].url()}/metrics", headers=headers, timeout=SECONDS).text
        found = re.search(r'reports_total\{outcome="new",protocol="2.0"\} (\S+)', metrics)
        return float(found[1]) if found else 0.0

    def database_files(self) -> dict[str, bytes]:
        """Return every file of the database server as it is on disk, its log and journal included."""
        engine = create_engine(self.database, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("CHECKPOINT"))
            folder = Path(connection.scalar(text("SHOW data_directory")) or "")
        engine.dispose()
        files = [*folder.rglob("*"), folder.parent / "log"]
        return {str(file): file.read_bytes() for file in files if file.is_file()}

    def rows(self) -> int:
        """Return how many reports are stored."""
        database = Database(self.database, 5)
        found = rows_of(database, SUBMISSIONS)
        database.close()
        return found


def read_key(url: str) -> str:
    """Return a new key that reads."""
    text, row = new_api_key("tests", KeyScope.READ)
    repository = Repository.open(url, 5)
    repository.add_api_key(row)
    repository.close()
    return text


@pytest.fixture(scope="module")
def deployment(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    tmp_path = tmp_path_factory.mktemp("deployment")
    with database_url("postgresql", tmp_path, postgres_server) as postgres_url:
        yield from deployed(postgres_url, tmp_path)


@pytest.fixture
def mortal(postgres_url: str, tmp_path: Path) -> Iterator[Deployment]:
    """Run a deployment of its own for a test that kills processes."""
    yield from deployed(postgres_url, tmp_path)


def deployed(postgres_url: str, tmp_path: Path) -> Iterator[Deployment]:
    """Run the processes and the proxy in front of them."""
    caddy = program("caddy")
    port = free_port()
    url = f"https://localhost:{port}"
    key = read_key(postgres_url)
    settings = {"DATABASE_URL": postgres_url, "BEHIND_PROXY": "true", "PUBLIC_URL": url}
    settings["NETWORK_PER_MINUTE"] = str(PER_MINUTE)
    with ExitStack() as stack:
        processes = [
            ServiceProcess(tmp_path / "unused", tmp_path / f"log{number}", **settings)
            for number in range(PROCESSES)
        ]
        for process in processes:
            stack.callback(process.kill)
        upstreams = " ".join(process.url().removeprefix("http://") for process in processes)
        text = CADDYFILE.read_text().replace("dynamic a aggregation 8080", f"to {upstreams}")
        (tmp_path / "Caddyfile").write_text(OPTIONS + text.removeprefix("{\n"))
        folders = {"XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
        environment = os.environ | folders | {"DOMAIN": f"localhost:{port}"}
        command = [caddy, "run", "--adapter", "caddyfile", "--config", str(tmp_path / "Caddyfile")]
        proxy = stack.enter_context(running(tmp_path / "caddy.log", *command, env=environment))
        authority = tmp_path / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        wait_until(lambda: authority.exists() and "END CERTIFICATE" in authority.read_text(), proxy)
        tls = ssl.create_default_context(cafile=str(authority))
        wait_until(lambda: answers(url, tls), proxy, *processes)
        yield Deployment(url, tls, processes, key, postgres_url, tmp_path, stack)


def answers(url: str, tls: ssl.SSLContext) -> bool:
    """Tell whether the proxy and what is behind it serve."""
    try:
        return httpx.get(f"{url}/health/ready", verify=tls, timeout=SECONDS).is_success
    except httpx.TransportError:
        return False


def test_limits_hold_for_a_client_that_comes_back(deployment: Deployment) -> None:
    for _ in range(6):
        client = deployment.client()
        body = client.body()
        proof = client.proof(body)
        assert client.submit(body, proof).status_code == 200
        answer = client.submit(body, proof)
        assert (answer.status_code, answer.json()["detail"]) == (401, "The proof was used before")
        assert client.submit(client.body(next_week(-1))).status_code == 429


def test_all_of_a_network_meet_the_process_that_knows_its_share(deployment: Deployment) -> None:
    """Else each process would count as many homes of it as it may have."""
    homes = [deployment.client_at(f"127.200.{number}.1") for number in range(12)]
    strangers = [deployment.client() for _ in range(12)]
    assert sorted(received(deployment, homes)) == [0, 0, 12]
    assert max(received(deployment, strangers)) < 12


def received(deployment: Deployment, clients: list[WeeklyClient]) -> list[float]:
    """Return how many reports of the clients came to each process."""
    before = [deployment.new_reports(number) for number in range(PROCESSES)]
    assert {client.submit().status_code for client in clients} == {200}
    return [deployment.new_reports(number) - before[number] for number in range(PROCESSES)]


def test_replay_at_another_process_changes_nothing(deployment: Deployment) -> None:
    client = deployment.client()
    body, path = client.body(), f"/installation/{client.id}"
    proof, goodbye = client.proof(body), client.proof(b"", "DELETE", path)
    first = client.submit(body, proof)
    others = [deployment.at_process(number, client) for number in range(PROCESSES)]
    before = deployment.rows()
    replayed = [other.submit(body, proof) for other in others]
    assert sorted(answer.status_code for answer in replayed) == [200, 200, 401]
    assert all(answer.json() == first.json() for answer in replayed if answer.is_success)
    assert deployment.rows() == before
    assert client.delete(goodbye).json()["deleted_count"] == 1
    deleted = [other.delete(goodbye) for other in others]
    assert sorted(answer.status_code for answer in deleted) == [200, 200, 401]
    # A deletion that is asked for again has the receipt of the first time.
    assert {answer.json()["deleted_count"] for answer in deleted if answer.is_success} == {1}
    assert [other.submit(body).status_code for other in others] == [410] * PROCESSES
    assert deployment.rows() == before - 1


def test_nobody_chooses_the_address_that_is_limited(deployment: Deployment) -> None:
    """Caddy replaces X-Forwarded-For, so that a client has one bucket whatever it claims."""
    http = deployment.client().http
    headers = [{"X-Forwarded-For": f"203.0.{number % 250}.{number // 250}"} for number in range(100)]
    with ThreadPoolExecutor(8) as pool:
        statuses = Counter(pool.map(lambda head: http.post("/submit", headers=head).status_code, headers))
    assert statuses.keys() == {422, 429}
    assert statuses[422] >= PER_MINUTE


def test_metrics_are_not_for_the_open_network(deployment: Deployment) -> None:
    assert deployment.client().http.get("/metrics").status_code == 404


def patient(client: WeeklyClient, body: bytes) -> httpx.Response:
    """Send a report again as long as the proxy has nobody to give it to."""
    for _ in range(5):
        answer = client.submit(body)
        if answer.status_code != 502:
            break
    return answer


def test_process_that_dies_takes_nothing_with_it(mortal: Deployment) -> None:
    clients = [mortal.client() for _ in range(30)]
    bodies = [client.body() for client in clients]
    before = mortal.rows()
    taken = [mortal.new_reports(number) for number in range(PROCESSES)]
    with ThreadPoolExecutor(8) as pool:
        first = list(pool.map(WeeklyClient.submit, clients, bodies))
    assert [answer.status_code for answer in first] == [200] * 30
    assert all(
        receipt_is_signed(client.http, answer.json()["receipt"])
        for client, answer in zip(clients, first, strict=True)
    )
    assert all(mortal.new_reports(number) > taken[number] for number in range(PROCESSES))
    mortal.processes[0].kill()
    again = [patient(client, body) for client, body in zip(clients, bodies, strict=True)]
    assert [answer.json() for answer in again] == [answer.json() for answer in first]
    assert mortal.rows() == before + 30


def test_no_log_and_no_file_tells_who_called(mortal: Deployment) -> None:
    client = mortal.client()
    assert client.submit().status_code == 200
    assert client.http.post("/submit", headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 422
    assert client.http.get("/nowhere").status_code == 404
    files = mortal.database_files()
    assert client.id.encode() in b"".join(files.values())
    for process in mortal.processes:
        process.kill()
    assert client.submit().status_code in {502, 503}
    addresses = re.compile(rb"127\.0\.[1-9]\d*\.1|203\.0\.")
    logs = {log.name: log.read_bytes() for log in mortal.logs.glob("*log*")}
    assert b'"status":50' in logs["caddy.log"]
    assert len(logs) == PROCESSES + 1
    searched = logs | files
    assert {name: found for name, text in searched.items() if (found := addresses.findall(text))} == {}
