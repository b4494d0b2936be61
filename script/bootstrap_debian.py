"""Programs of Debian packages, unpacked into the cache: nothing is installed, and nobody has to be root."""

from pathlib import Path
import shutil

from bootstrap_tools import BootstrapError, cache_root, locked, run, say, succeeds

SHARED = "/usr/share/prometheus/alertmanager"
"""Where Debian's Alertmanager looks for its templates."""
WORKING_DIRECTORY = "/proc/self/cwd"
WRAPPER = """#!/bin/sh
cd '{folder}{shared}' && exec '{folder}/{program}' "$@"
"""


def debian_program(package: str, program: str) -> Path:
    """Return a program, from PATH or of a Debian package unpacked into the cache; raises BootstrapError."""
    found = shutil.which(program)
    return Path(found) if found else debian_package(package) / "usr" / "bin" / program


def debian_package(package: str) -> Path:
    """Return the folder of the cache that a Debian package is unpacked into; raises BootstrapError."""
    folder = cache_root() / "tools" / package
    with locked(f"tool-{package}"):
        if not folder.exists():
            say(f"Downloading {package} ...")
            download_package(package, folder)
    return folder


def download_package(package: str, folder: Path) -> None:
    """Unpack a Debian package without what it needs; raises BootstrapError."""
    if not shutil.which("apt-get"):
        raise BootstrapError(f"missing: {package}; please install with your package manager")
    work = folder.with_name(f"{folder.name}.tmp")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    download = ["sh", "-c", f"cd '{work}' && apt-get download -qq {package}"]
    if not succeeds(download):
        run(["apt-get", "update", "-qq"])
        run(download)
    for archive in sorted(work.glob("*.deb")):
        run(["dpkg", "-x", str(archive), str(work)])
        archive.unlink()
    for binary in (work / "usr" / "bin").glob("*"):
        relocate(binary, work, folder)
    work.rename(folder)


def relocate(binary: Path, work: Path, folder: Path) -> None:
    """Let a program that looks below /usr/share find its files in the folder where it will be.

    The path in it must keep its length, so it looks in its working directory, where a wrapper starts it.
    """
    content = binary.read_bytes()
    if SHARED.encode() not in content or not (work / SHARED[1:]).is_dir():
        return
    moved = work / "usr" / "lib" / binary.name
    moved.parent.mkdir(exist_ok=True)
    moved.write_bytes(content.replace(SHARED.encode(), WORKING_DIRECTORY.ljust(len(SHARED), "/").encode()))
    moved.chmod(0o755)
    program = moved.relative_to(work)
    binary.write_text(WRAPPER.format(folder=folder, shared=SHARED, program=program), encoding="utf-8")
