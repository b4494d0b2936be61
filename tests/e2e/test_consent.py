"""A person agrees to share in the browser, and sees all of it before."""

import json
from pathlib import Path

from playwright.sync_api import expect
import pytest

from stack.integration import DOMAIN, Integration
from stack.process import wait_until
from stack.service import AggregationService

from .browser import browsing
from .conftest import CLIENT_KEY, required
from .homes import Homes


@pytest.mark.timeout(240)
def test_a_person_agrees_in_the_browser(homes: Homes, service: AggregationService, tmp_path: Path) -> None:
    chromium = required("PRINTERNIZER_CHROMIUM")
    home = homes.start()
    home.add_entry(
        DOMAIN, [{}, {"share": False, "server": {"url": service.submit_url, "client_key": CLIENT_KEY}}]
    )
    with browsing(home, chromium, tmp_path / "profile") as browser:
        page = browser.page
        form = page.locator("step-flow-form")
        browser.open(f"/config/integrations/integration/{DOMAIN}")
        browser.press("Configure")
        page.get_by_text("Sharing", exact=True).click()
        expect(page.get_by_text("Sharing is up to you", exact=True)).to_be_visible()
        form.locator("ha-switch").click()
        browser.press("Submit")

        expect(page.get_by_text("What to share", exact=True)).to_be_visible()
        expect(form.get_by_text("How many prints ended.")).to_be_visible()
        usage = form.get_by_role("checkbox", name="Usage")
        expect(usage).not_to_be_checked()
        usage.press("Space")
        browser.save(tmp_path / "categories.png")
        browser.press("Next")

        expect(page.get_by_text("Do you agree?", exact=True)).to_be_visible()
        expect(form.get_by_text(service.submit_url)).to_be_visible()
        expect(form.get_by_text("How many prints ended.")).to_be_visible()
        expect(form.get_by_text("What to mend first.")).not_to_be_visible()
        browser.save(tmp_path / "agree.png")
        browser.press("Submit")
        expect(form.get_by_text("Nothing is shared without your tick.")).to_be_visible()
        form.locator("ha-switch").first.click()
        browser.press("Submit")
        expect(page.get_by_text("Options successfully saved.")).to_be_visible()
        assert browser.errors == []

    integration = Integration(home)
    wait_until("sharing is on", lambda: integration.sensor("submission_status") == "scheduled", timeout=30)
    (decided,) = integration.ask("export_data")["consents"]
    assert (decided["decision"], decided["categories"]) == ("agreed", ["base", "usage"])
    report = json.loads(integration.ask("preview_report")["body"])
    assert "error_summary" not in report
    assert report["consent"]["text_sha256"] == decided["text_sha256"]
    home.stop()
