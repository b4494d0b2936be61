"""Fixtures of the tests on real programs."""

from collections.abc import Iterator
from contextlib import contextmanager
import logging
import os
from pathlib import Path
import sys

import pytest
import pytest_socket

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "script"))

from stack.integration import Integration
from stack.octoprint import OctoPrint
from stack.parts import Parts, interpreter
from stack.process import free_port
from stack.service import AggregationService

from .chromium import Chromium
from .homes import Homes

CLIENT_KEY = "a-key-of-the-tests"
MIN_PRINT_SECONDS = 5
LONGEST = 1800
"""Seconds after which a test is stopped, however busy the machine is."""
IMAGES = Path(__file__).parents[2] / "docs" / "images"
SAVES_IMAGES = os.environ.get("PRINTERNIZER_SAVE_IMAGES") == "1"
NAMES = {
    "PRINTERNIZER_HASS_PYTHON": "Home Assistant with its frontend",
    "PRINTERNIZER_OCTOPRINT_PYTHON": "OctoPrint",
    "PRINTERNIZER_SERVICE_PYTHON": "The aggregation service's environment",
    "PRINTERNIZER_CHROMIUM": "Chromium",
}


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, and say which of them one process must run."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.programs)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(LONGEST))
            item.add_marker(pytest.mark.xdist_group(_shared(item) or item.path.stem))


def _shared(item: pytest.Item) -> str:
    """Return what the test shares with those of other files, if anything."""
    fixtures = getattr(item, "fixturenames", ())
    return next((name for name in ("parts", "octoprint") if name in fixtures), "")


def required(variable: str) -> str:
    """Return a variable that script/test sets, or skip what needs it."""
    if not (value := os.environ.get(variable)):
        pytest.skip(f"{NAMES[variable]} is not installed")
    return value


@pytest.fixture(autouse=True)
def real_sockets() -> Iterator[None]:
    """Let these tests use the loopback network, which the Home Assistant plugin forbids."""
    pytest_socket.enable_socket()
    yield
    pytest_socket.disable_socket(allow_unix_socket=True)


@pytest.fixture(scope="session", autouse=True)
def _quiet_client() -> None:
    """Keep each step of each request out of the reports of failed tests."""
    for logger in ("httpcore", "httpx", "PIL"):
        logging.getLogger(logger).setLevel(logging.WARNING)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Give the folder for pictures, which are taken only if PRINTERNIZER_SAVE_IMAGES is 1."""
    if not SAVES_IMAGES:
        return tmp_path
    IMAGES.mkdir(parents=True, exist_ok=True)
    return IMAGES


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homes]:
    """Give fresh Home Assistants, and stop them at the end."""
    required("PRINTERNIZER_HASS_PYTHON")
    started = Homes(tmp_path_factory.mktemp("homes"))
    yield started
    started.stop()


@pytest.fixture(autouse=True)
def _no_complaints(homes: Homes) -> Iterator[None]:
    """Fail a test after which one of the Home Assistants complains about us."""
    yield
    assert not homes.complaints()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """Run Chromium."""
    started = Chromium(required("PRINTERNIZER_CHROMIUM"))
    yield started
    started.stop()


@pytest.fixture(scope="session")
def octoprint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OctoPrint]:
    """Run OctoPrint with its virtual printer."""
    with _printing(tmp_path_factory) as printer:
        yield printer


@pytest.fixture(scope="session")
def printer_of_parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OctoPrint]:
    """Run another one, whose prints are all counted by the Home Assistant that tests share."""
    with _printing(tmp_path_factory) as printer:
        yield printer


@contextmanager
def _printing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OctoPrint]:
    required("PRINTERNIZER_OCTOPRINT_PYTHON")
    pytest_socket.enable_socket()
    printer = OctoPrint(tmp_path_factory.mktemp("octoprint"), free_port(), interpreter("octoprint"))
    try:
        yield printer.start()
    finally:
        printer.stop()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AggregationService]:
    """Run the aggregation service."""
    required("PRINTERNIZER_SERVICE_PYTHON")
    pytest_socket.enable_socket()
    python = interpreter("service")
    started = AggregationService(tmp_path_factory.mktemp("service"), free_port(), python, CLIENT_KEY)
    try:
        yield started.start()
    finally:
        started.stop()


@pytest.fixture(scope="session")
def parts(homes: Homes, printer_of_parts: OctoPrint, service: AggregationService) -> Parts:
    """Run a Home Assistant that counts OctoPrint's prints and shares them."""
    pytest_socket.enable_socket()
    home = homes.start()
    printer_of_parts.add_to(home)
    integration = Integration(home)
    integration.set_up(service, min_print_seconds=MIN_PRINT_SECONDS)
    return Parts(home=home, service=service, printer=printer_of_parts, integration=integration)
