"""Image and compose files: real linters read them, and what the image is made of runs as it does there."""

from collections.abc import Iterator
import json
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import tempfile
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, make_url, text

from aggregation.settings import PUBLIC_CLIENT_KEY
from aggregation.storage.migrate import opened
from tests.deploy.programs import DEPLOY, program, run, running
from tests.postgres import free_port
from tests.support import RECORDED, ROOT, SECONDS, wait_until

pytestmark = pytest.mark.programs

ENVIRONMENT = {"DOMAIN": "stats.example.org"}
USER = 10001
PINNED = re.compile(r"[a-z/]+:v?[0-9]+\.[0-9]+(\.[0-9]+)?(-slim-trixie)?(@sha256:[0-9a-f]{64})?")


def test_dockerfile() -> None:
    assert run(program("hadolint"), str(ROOT / "Dockerfile")) == ""


def compose(kind: str, *options: str) -> dict[str, Any]:
    """Return a compose file as the real program resolves it."""
    command = [
        program("docker-compose"),
        "-f",
        f"compose.{kind}.yaml",
        *options,
        "config",
        "--format",
        "json",
    ]
    answer: dict[str, Any] = json.loads(run(*command, env=os.environ | ENVIRONMENT))
    return answer


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_compose_files(kind: str) -> None:
    services = compose(kind, "--profile", "monitoring")["services"]
    service = services["aggregation"]
    assert [name for name, parts in services.items() if parts.get("ports")] == (
        ["caddy"] if kind == "sqlite" else ["caddy", "grafana"]
    )
    for parts in services.values():
        for volume in parts.get("volumes", []):
            assert volume["type"] == "volume" or Path(volume["source"]).exists(), volume
    assert service["deploy"]["replicas"] == 3 if kind == "postgres" else "deploy" not in service


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_every_container_is_limited_and_writes_only_its_data(kind: str) -> None:
    services = compose(kind, "--profile", "monitoring")["services"]
    for name, parts in services.items():
        assert parts["read_only"] is True, name
        assert parts["cap_drop"] == ["ALL"], name
        assert parts["security_opt"] == ["no-new-privileges:true"], name
        assert 0 < parts["pids_limit"] <= 200, name
        assert 0 < int(parts["mem_limit"]) <= 2 * 2**30, name
    adding = {name: set(parts["cap_add"]) for name, parts in services.items() if "cap_add" in parts}
    start = {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"}
    assert adding == {"caddy": {"NET_BIND_SERVICE"}} | ({"postgres": start} if kind == "postgres" else {})


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_networks_join_only_what_talks(kind: str) -> None:
    answer = compose(kind, "--profile", "monitoring")
    members: dict[str, set[str]] = {}
    for name, parts in answer["services"].items():
        for network in parts["networks"]:
            members.setdefault(network, set()).add(name)
    expected = {"proxy": {"aggregation", "caddy"}, "outside": {"caddy"}}
    if kind == "postgres":
        watching = {"prometheus", "alertmanager", "grafana"}
        expected |= {"database": {"aggregation", "postgres"}, "monitoring": {"aggregation", *watching}}
        expected["outside"] |= {"alertmanager", "grafana"}
    assert members == expected
    networks = answer["networks"].items()
    assert {name for name, parts in networks if parts.get("internal")} == members.keys() - {"outside"}


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_images_are_pinned_by_a_whole_version(kind: str) -> None:
    services = compose(kind, "--profile", "monitoring")["services"].values()
    names = [parts["image"] for parts in services if "build" not in parts]
    names += [line.split()[0] for line in dockerfile("FROM")]
    assert [name for name in names if not PINNED.fullmatch(name)] == []


def test_requirements_have_hashes_and_are_those_that_are_asked_for() -> None:
    for name in ("requirements", "requirements_insight", "requirements_test"):
        text = (ROOT / f"{name}.txt").read_text()
        blocks = re.findall(r"^([^ \n]+==[^ \n]+).*((?:\n    --hash=sha256:.*)+)", text, re.MULTILINE)
        assert len(blocks) == len(re.findall(r"^\S", text, re.MULTILINE))
        pins = {pin for pin, _ in blocks}
        wanted = (ROOT / f"{name}.in").read_text().splitlines()
        pinned = {re.sub(r"\[.*?\]", "", line.partition(";")[0]) for line in wanted if "==" in line}
        assert pinned <= {*pins, *(re.sub(r"\[.*?\]", "", pin) for pin in pins)}
    assert "--require-hashes -r requirements.txt -r requirements_insight.txt" in " ".join(dockerfile("RUN"))


def test_all_that_is_copied_into_the_image_is_let_through() -> None:
    wanted = [
        arguments.split()[:-1] for arguments in dockerfile("COPY") if not arguments.startswith("--from")
    ]
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    assert {f"!{name}" for names in wanted for name in names} == {line for line in ignored if line[0] == "!"}


def test_workflows_run_pinned_actions_with_little_power() -> None:
    for path in (ROOT.parents[1] / ".github" / "workflows").iterdir():
        text = path.read_text()
        uses = re.findall(r"uses: (\S+)", text)
        assert [name for name in uses if not re.search(r"@[0-9a-f]{40}$", name)] == []
        assert text.count("permissions:\n  contents: read\n") == 1
    assert "v*" in (ROOT.parents[1] / ".github" / "workflows" / "release.yml").read_text()


def test_bot_looks_for_updates_of_all_that_is_pinned() -> None:
    text = (ROOT.parents[1] / ".github" / "dependabot.yml").read_text()
    kinds = set(re.findall(r"package-ecosystem: (\S+)", text))
    assert kinds == {"github-actions", "pip", "docker", "docker-compose"}
    folders = re.findall(r"director(?:y|ies): \[?([^\]\n]+)", text)
    for folder in (name.strip() for line in folders for name in line.split(",")):
        assert (ROOT.parents[1] / folder.removeprefix("/")).is_dir(), folder


def test_database_role_of_the_service_is_no_superuser(postgres_url: str) -> None:
    """The script of the container, with other names where the server of the tests has those already."""
    script = (DEPLOY / "postgres" / "role.sql").read_text()
    statements = [line for line in script.splitlines() if line and not line.startswith(("--", "\\"))]
    engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for name in ("DATABASE IF EXISTS aggregation", "ROLE IF EXISTS service"):
            connection.execute(text(f"DROP {name}"))
        for statement in statements:
            here = statement.replace("ROLE aggregation", "ROLE service").replace(
                "OWNER agg", "OWNER service -- "
            )
            connection.exec_driver_sql(here.replace(":'password'", "'secret'"))
    engine.dispose()
    ours = make_url(postgres_url).set(username="service", database="aggregation")
    database = opened(ours.render_as_string(hide_password=False), 5)
    with database.reading() as connection:
        found = connection.execute(text("SELECT * FROM pg_roles WHERE rolname = current_user")).one()
    database.close()
    assert {found.rolsuper, found.rolcreatedb, found.rolcreaterole, found.rolreplication} == {False}


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_no_default_stands_for_the_domain(kind: str) -> None:
    command = [program("docker-compose"), "-f", f"compose.{kind}.yaml", "config", "-q"]
    environment = {"PATH": os.environ["PATH"]}
    result = subprocess.run(
        command, env=environment, cwd=DEPLOY, capture_output=True, text=True, check=False, timeout=SECONDS
    )
    assert result.returncode != 0
    assert "DOMAIN" in result.stderr


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_no_environment_of_a_container_tells_a_secret(kind: str) -> None:
    """Whoever may look at a container sees its environment; secrets are files, read by who needs them."""
    answer = compose(kind, "--profile", "monitoring")
    for parts in answer["services"].values():
        for name, value in parts.get("environment", {}).items():
            assert name.endswith("_FILE") or not re.search("PASSWORD|SECRET|KEY|DATABASE_URL", name), name
            assert "@" not in value
    held = {
        name: [each["source"] for each in parts["secrets"]]
        for name, parts in answer["services"].items()
        if "secrets" in parts
    }
    expected = {"aggregation": "aggregation_database_url", "postgres": "postgres_password"}
    expected |= {"grafana": "grafana_password"}
    assert held == ({name: [secret] for name, secret in expected.items()} if kind == "postgres" else {})


def dockerfile(instruction: str) -> list[str]:
    """Return the arguments of each instruction of a kind, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return [line.partition(" ")[2].strip() for line in text.splitlines() if line.startswith(instruction)]


@pytest.fixture(scope="module")
def image() -> Iterator[Path]:
    """Make what the image holds by the very steps of its first stage, in a folder that anybody can read."""
    with tempfile.TemporaryDirectory(prefix="aggregation-image-") as name:
        folder, source = Path(name), Path(name, "src")
        folder.chmod(0o755)
        source.mkdir()
        for arguments in dockerfile("COPY"):
            if not arguments.startswith("--from"):
                copy_files(arguments, source)
        target = folder / "aggregation"
        pip = f"{sys.executable} -m pip --python {target}/bin/python"
        for step in dockerfile("RUN"):
            if "/opt/aggregation" in step:
                here = step.replace("/opt/aggregation/bin/pip", pip).replace("/opt/aggregation", str(target))
                here = here.replace("python -m venv", f"{sys.executable} -m venv --without-pip")
                # It downloads all that is required, and others may do so too.
                run("sh", "-c", here, folder=source, seconds=1200)
        shutil.rmtree(source)
        yield target


def copy_files(arguments: str, folder: Path) -> None:
    """Do what COPY does."""
    *files, target = arguments.split()
    for file in files:
        if (ROOT / file).is_dir():
            shutil.copytree(ROOT / file, folder / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / file, folder / target)


@pytest.fixture
def data() -> Iterator[Path]:
    """Give a folder that the user of the service owns, as /data is."""
    with tempfile.TemporaryDirectory(prefix="aggregation-data-") as name:
        if os.geteuid() == 0:
            os.chown(name, USER, USER)
        yield Path(name)


def environment(data: Path, **changes: str) -> dict[str, str]:
    """Return the environment of the image, with its database in another folder."""
    values = dict(re.findall(r"(AGGREGATION_\w+|PYTHON\w+)=(\S+)", " ".join(dockerfile("ENV"))))
    assert values["AGGREGATION_HOST"] == "0.0.0.0"
    here = {name: value.replace("/data", str(data)) for name, value in values.items()}
    return {"PATH": os.environ["PATH"], **here, **changes}


def as_user(image: Path, *arguments: str) -> list[str]:
    """Return the entry point as the image's user runs it, who may read even what is root's."""
    (name,) = json.loads(dockerfile("ENTRYPOINT")[0])
    command = [str(image / "bin" / name), *arguments]
    if os.geteuid() != 0:
        return command
    user = [f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--bounding-set=-all,+dac_read_search"]
    return ["setpriv", *user, "--inh-caps=-all,+dac_read_search", "--ambient-caps=+dac_read_search", *command]


def contents(folder: Path) -> dict[Path, int]:
    """Return every file with the time of its last change."""
    return {path: path.lstat().st_mtime_ns for path in folder.rglob("*")}


def is_alive(image: Path, port: int) -> bool:
    """Tell what the image's own health check says."""
    _, _, check = dockerfile("HEALTHCHECK")[0].partition("CMD ")
    program_name, *arguments = [part.replace("8080", str(port)) for part in json.loads(check)]
    return (
        subprocess.run(
            [image / "bin" / program_name, *arguments], capture_output=True, check=False, timeout=SECONDS
        ).returncode
        == 0
    )


def test_open_network_without_tls(image: Path, data: Path) -> None:
    result = subprocess.run(
        as_user(image), env=environment(data), capture_output=True, text=True, check=False, timeout=SECONDS
    )
    assert result.returncode == 2
    assert result.stderr.startswith("AGGREGATION_HOST must be a loopback address unless")


def test_what_publishing_needs_is_in_the_image(image: Path, data: Path) -> None:
    """Noise so narrow that it changes nothing is drawn by the mechanism itself."""
    draw = "from aggregation.public.noise import discrete_laplace; print(discrete_laplace()([7, 0], 0.001))"
    assert run(str(image / "bin" / "python"), "-c", draw, env=environment(data)) == "[7, 0]\n"
    log = run(*as_user(image, "insight", "--once"), env=environment(data, AGGREGATION_BEHIND_PROXY="true"))
    assert "OpenDP" not in log


def test_serves_as_an_ordinary_user_who_writes_only_its_data(image: Path, data: Path, tmp_path: Path) -> None:
    port = free_port()
    before = contents(image)
    assert (dockerfile("USER"), dockerfile("VOLUME")) == ([f"{USER}:{USER}"], ["/data"])
    assert not is_alive(image, port)
    settings = {"BEHIND_PROXY": "true", "PORT": str(port)}
    values = environment(data, **{f"AGGREGATION_{name}": value for name, value in settings.items()})
    with running(tmp_path / "log", *as_user(image), env=values) as server:
        wait_until(lambda: is_alive(image, port), server)
        headers = {"X-API-Key": PUBLIC_CLIENT_KEY, "Content-Type": "application/json"}
        answer = httpx.post(
            f"http://127.0.0.1:{port}/submit", content=RECORDED, headers=headers, timeout=SECONDS
        )
        assert answer.json()["status"] == "success"
    assert contents(image) == before
    assert (data / "aggregation.db").stat().st_size > 0
    if os.geteuid() == 0:
        assert (data / "aggregation.db").stat().st_uid == USER
    run(*as_user(image, "verify-rollups"), env=values)
