"""Find or fetch the Python that Home Assistant needs (3.14.2 or a later 3.14)."""

from collections.abc import Callable, Iterator
from functools import partial
import os
from pathlib import Path
import platform
import re
import shutil
from typing import Optional

from bootstrap_tools import (
    BootstrapError,
    cache_root,
    locked,
    run,
    say,
    succeeds,
    tool_command,
    uv_command,
)

WANTED = ">=3.14.2,<3.15"
CHECK = "import sys, ssl, sqlite3; sys.exit(not (3, 14, 2) <= sys.version_info < (3, 15))"
SUITES = ("forky", "sid")
PACKAGES = ["python3.14", "python3.14-venv", "libpython3.14-dev", "libstdc++6"]
LEFT_OUT = re.compile(
    r"^(ca-certificates|debconf|linux-libc-dev|libc6-dev|libc-dev-bin|netbase|openssl|"
    r"python3-(pip|setuptools)-whl)_"
)
LOADERS = {
    "x86_64": ("x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
    "aarch64": ("aarch64-linux-gnu", "ld-linux-aarch64.so.1"),
}
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
HELP = """\
Python 3.14.2 or later was not found and could not be fetched. Please install it (your system's
package manager, `uv python install 3.14` or python.org), so that python3.14 is on PATH. Tried:"""


def works(python: Path) -> bool:
    """Tell whether an interpreter runs and is of a fitting version."""
    try:
        run([str(python), "-c", CHECK], capture=True)
    except BootstrapError:
        return False
    return True


def on_path() -> Path:
    """Return python3.14 from PATH; raises BootstrapError when it is absent or too old."""
    found = shutil.which("python3.14")
    if not found or not works(Path(found)):
        raise BootstrapError("no fitting python3.14 on PATH")
    return Path(found)


def uv_environment() -> "dict[str, str]":
    """Return settings that keep uv's interpreters in our cache and out of ~/.local/bin."""
    return {
        "UV_PYTHON_INSTALL_DIR": str(cache_root() / "uv-python"),
        "UV_PYTHON_INSTALL_BIN": "0",
        "UV_HTTP_RETRIES": "0",
    }


def known_to_uv() -> Path:
    """Return an interpreter that uv knows of; raises BootstrapError when there is none."""
    command = [*uv_command(), "python", "find", "--no-project", "--system", WANTED]
    return Path(run(command, env=uv_environment(), capture=True))


def fetched_by_uv() -> Path:
    """Let uv download an interpreter; gives up soon where Debian's own packages can serve."""
    say("Preparing Python 3.14: asking uv ...")
    limit = 60 if shutil.which("apt-get") else 900
    run([*uv_command(), "python", "install", "3.14"], env=uv_environment(), timeout=limit)
    return known_to_uv()


def source_fields(text: str) -> "Iterator[str]":
    """Yield the archive addresses of an apt source file of either form."""
    for line in text.splitlines():
        one_line = re.match(r"deb\s+(?:\[[^\]]*\]\s+)?(\S+)", line)
        field = re.match(r"URIs:\s*(\S+)", line)
        match = one_line or field
        if match:
            yield match.group(1)


def debian_mirror() -> str:
    """Return the mirror that the system's own apt sources name; raises BootstrapError."""
    etc = Path("/etc/apt")
    files = [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]
    for file in files:
        if file.suffix in (".list", ".sources") and file.is_file():
            for address in source_fields(file.read_text(encoding="utf-8", errors="replace")):
                if re.search(r"/debian/?$", address):
                    return address
    raise BootstrapError("no Debian mirror in the system's apt sources")


def apt_options(work: Path) -> "list[str]":
    """Return the options of an apt whose whole state is below a private folder."""
    settings = {
        "Dir::Etc::SourceList": work / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State": work / "state",
        "Dir::State::Lists": work / "lists",
        "Dir::State::status": work / "status",
        "Dir::Cache": work / "cache",
        "Dir::Cache::archives": work / "archives",
        "APT::Sandbox::User": "root" if os.geteuid() == 0 else "",
        "APT::Default-Release": "",
        "Debug::NoLocking": "1",
    }
    return [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]


def download_packages(work: Path, mirror: str, suite: str) -> "list[Path]":
    """Download Debian's signed packages of Python 3.14 and of all that it needs."""
    for name in ("state", "lists/partial", "cache", "archives/partial"):
        (work / name).mkdir(parents=True, exist_ok=True)
    (work / "status").touch()
    signed = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
    (work / "sources.list").write_text(f"deb {signed}{mirror} {suite} main\n", encoding="utf-8")
    apt = ["apt-get", *apt_options(work)]
    run([*apt, "update", "-qq"], timeout=300)
    fetch = ["install", "-y", "-qq", "--no-install-recommends", "--download-only"]
    run([*apt, *fetch, *PACKAGES], timeout=600)
    archives = (work / "archives").glob("*.deb")
    return sorted(archive for archive in archives if not LEFT_OUT.match(archive.name))


def unpack(packages: "list[Path]", prefix: Path, final: Path) -> None:
    """Unpack packages and let the interpreter use the libraries unpacked with it."""
    for package in packages:
        run(["dpkg", "-x", str(package), str(prefix)])
    triplet, loader = LOADERS[platform.machine()]
    libraries = final / "usr" / "lib" / triplet
    command = [*tool_command("patchelf"), "--set-interpreter", str(libraries / loader)]
    command += ["--force-rpath", "--set-rpath", str(libraries)]
    run([*command, str(prefix / "usr" / "bin" / "python3.14")])


def compile_library(python: Path, prefix: Path) -> None:
    """Compile the standard library, as Debian does when it installs: else each start takes longer."""
    folder = prefix / "usr" / "lib" / "python3.14"
    succeeds([str(python), "-m", "compileall", "-q", "-j", "0", str(folder)])


def debian_prefix(suite: str) -> Path:
    """Return the folder that Debian's Python is unpacked into."""
    return cache_root() / f"debian-{suite}"


def unpacked_from_debian(suite: str) -> Path:
    """Return Debian's own Python 3.14, unpacked into a private folder; raises BootstrapError."""
    final = debian_prefix(suite)
    python = final / "usr" / "bin" / "python3.14"
    if python.exists():
        return python
    if not shutil.which("apt-get") or platform.machine() not in LOADERS:
        raise BootstrapError("not a Debian system")
    say(f"Preparing Python 3.14: unpacking the packages of Debian {suite} ...")
    work = cache_root() / f"debian-{suite}.tmp"
    shutil.rmtree(work, ignore_errors=True)
    try:
        unpack(download_packages(work, debian_mirror(), suite), work / "prefix", final)
        (work / "prefix").rename(final)
        compile_library(python, final)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return python


def ways() -> "Iterator[Callable[[], Path]]":
    """Yield the ways to an interpreter, cheapest first."""
    yield on_path
    yield known_to_uv
    if not any(debian_prefix(suite).exists() for suite in SUITES):
        yield fetched_by_uv
    for suite in SUITES:
        yield partial(unpacked_from_debian, suite)


def attempt(way: "Callable[[], Path]") -> "tuple[Optional[Path], str]":
    """Go one way; returns the interpreter, or why there is none."""
    try:
        python = way()
        return (python, "") if works(python) else (None, f"{python} does not work")
    except BootstrapError as error:
        return None, str(error)


def find_python() -> Path:
    """Return an interpreter that fits; raises BootstrapError with all that was tried."""
    reasons = []
    with locked("python"):
        for way in ways():
            python, reason = attempt(way)
            if python:
                return python
            reasons.append(f"- {reason}")
    raise BootstrapError("\n".join([HELP, *reasons]))
