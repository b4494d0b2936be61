"""From adding the integration to its removal, in the browser."""

from collections.abc import Iterator
from functools import partial
import json
from pathlib import Path
from typing import Final

import pytest

from stack.home_assistant import HomeAssistant
from stack.octoprint import OctoPrint
from stack.process import PATIENCE, wait_until
from stack.service import AggregationService

from .browser import browsing
from .chromium import Chromium
from .conftest import SAVES_IMAGES
from .homes import Homes
from .journey import CATEGORIES, Journey, author, sha256_of

JOB_SECONDS: Final = 130 if SAVES_IMAGES else 30  # the frontend shows whole minutes


@pytest.fixture
def home(homes: Homes, octoprint: OctoPrint) -> Iterator[HomeAssistant]:
    """Run a Home Assistant that knows the printer, but not us."""
    started = homes.start()
    octoprint.add_to(started)
    yield started
    started.stop()


def test_from_adding_to_removing(
    home: HomeAssistant, octoprint: OctoPrint, service: AggregationService, chromium: Chromium, images: Path
) -> None:
    """Add, print, see, preview, opt in, send, receipt, export, opt out with deletion, remove."""
    with browsing(home, chromium) as browser:
        journey = Journey(browser, home, service, images)
        journey.add()
        journey.let_short_prints_count()
        octoprint.begin(home, JOB_SECONDS)
        journey.look_around()
        journey.go_to_sensors()
        _print_to_the_end(home, octoprint)
        journey.see_the_print()
        journey.save_sensors()

        journey.opt_in()
        body = journey.preview_and_send()
        exported = journey.export()
        (report,), (consent,) = exported["reports"], exported["consents"]
        assert report["body"].encode() == body
        assert report["receipt"]["body_sha256"] == sha256_of(body.decode())
        assert consent["categories"] == ["base", *sorted(map(str.lower, CATEGORIES))]
        assert consent["text_sha256"] == json.loads(body)["consent"]["text_sha256"]

        journey.opt_out()
        wait_until("what was sent is deleted", partial(journey.is_deleted, body), interval=1)
        (deletion,) = journey.export()["deletions"]
        assert deletion["receipt"]["installation_sha256"] == sha256_of(author(body))

        journey.remove()
        assert browser.errors == []


def _print_to_the_end(home: HomeAssistant, octoprint: OctoPrint) -> None:
    """Wait for the end of the job, with Home Assistant looking at the printer all the time."""
    patience = 2 * JOB_SECONDS + PATIENCE
    wait_until("OctoPrint ends its job", lambda: not octoprint.step(home), timeout=patience, interval=1)
