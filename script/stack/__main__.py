"""Command line of the main job; script/run calls it."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import signal
import sys
import tempfile
import time

from .loop import run_loop, run_watch
from .once import run_once
from .parts import PARTS, Options, running
from .process import StackError


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the parsed command line."""
    parser = argparse.ArgumentParser(
        prog="script/run",
        description="Run the whole line: printer, Home Assistant, aggregation service.",
    )
    parser.add_argument("--once", action="store_true", help="one print, checked; then exit")
    for part in PARTS:
        parser.add_argument(f"--{part}-port", type=int, default=0, help="default: a free one")
    parser.add_argument(
        "--state", type=Path, help="keep the state here and reuse it (a report is sent once a day)"
    )
    parser.add_argument("--demo", action="store_true", help="a year of made-up prints instead")
    parser.add_argument("--no-octoprint", action="store_true", help="use a stand-in entity as the printer")
    parser.add_argument("--printernizer", metavar="ADDRESS", help="count the printers of this Printernizer")
    parsed = parser.parse_args(arguments)
    if parsed.demo and parsed.once:
        parser.error("--demo prints nothing, so there is nothing for --once to check")
    return parsed


def run(arguments: argparse.Namespace, directory: Path) -> None:
    """Start everything, do the job, stop everything; raises StackError."""
    if arguments.demo:
        from .demo import run_demo  # noqa: PLC0415 - it needs Home Assistant's own libraries

        run_demo(directory, arguments.ha_port)
        return
    ports = {part: getattr(arguments, f"{part}_port") for part in PARTS}
    options = Options(
        directory=directory,
        ports=ports,
        octoprint=not (arguments.no_octoprint or arguments.printernizer),
        printernizer=arguments.printernizer,
    )
    with_person = run_watch if arguments.printernizer else run_loop
    began = time.monotonic()
    print("Starting the service, the printer and Home Assistant ...", flush=True)
    with running(options) as parts:
        print(f"Everything runs ({time.monotonic() - began:.0f} s).", flush=True)
        (run_once if arguments.once else with_person)(parts)


@contextmanager
def state_directory(kept: Path | None) -> Iterator[Path]:
    """Give the folder to keep the state in, or a temporary one."""
    if kept:
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="printernizer-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def interrupt(*_: object) -> None:
    """Treat every request to end like Ctrl-C, so that everything is stopped."""
    raise KeyboardInterrupt


def main() -> int:
    """Return 0 after success, 1 with a reason on standard error otherwise."""
    arguments = parse(sys.argv[1:])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        with state_directory(arguments.state) as directory:
            run(arguments, directory)
    except StackError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.")
        return 130 if arguments.once else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
