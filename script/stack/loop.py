"""The main job with a person: prints short jobs until it is interrupted."""

from contextlib import suppress
import time

from .home_assistant import PASSWORD, USERNAME
from .once import check_acknowledged, print_and_count
from .parts import Parts
from .process import StackError

JOB_SECONDS = 60
PAUSE_SECONDS = 30


def run_loop(parts: Parts) -> None:
    """Print where to look, then print job after job."""
    _welcome(parts)
    print_and_count(parts, JOB_SECONDS)
    with suppress(StackError):  # a kept folder may have sent its report of the day
        check_acknowledged(parts)
    print("This home is on the dashboard of the service.", flush=True)
    while True:
        _tell(parts)
        time.sleep(PAUSE_SECONDS)
        print_and_count(parts, JOB_SECONDS)


def run_watch(parts: Parts) -> None:
    """Print where to look, then what is counted of printers that print by themselves."""
    _welcome(parts)
    while True:
        _tell(parts)
        time.sleep(PAUSE_SECONDS)


def _welcome(parts: Parts) -> None:
    parts.integration.show_dashboard()
    print(f"\nHome Assistant: {parts.home.url}   user {USERNAME}   password {PASSWORD}")
    print("It opens on the dashboard of the prints.")
    print(f"Service:        {parts.service.dashboard_url}   key {parts.service.reading_key()}")
    print("Ctrl-C stops everything.\n", flush=True)


def _tell(parts: Parts) -> None:
    total = parts.integration.count("prints_completed")
    minutes = 60 * float(parts.integration.sensor("print_time") or 0)
    print(f"Prints completed: {total}; print time: {minutes:.0f} min", flush=True)
