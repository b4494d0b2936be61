"""Triggers and a blueprint in a real Home Assistant, as the automation editor finds and keeps them."""

import json
import shutil

from stack.integration import DOMAIN
from stack.process import wait_until
from stack.websocket import command

from ..automations.automating import BLUEPRINTS
from .homes import Homes

NONE = "automation: []\n"
ONE = f"""\
automation:
  - alias: Print end
    use_blueprint:
      path: {DOMAIN}/print_end.yaml
"""
ALONE = {"share": False, "server": {"url": "http://127.0.0.1:9/submit", "client_key": "none"}}


def test_a_blueprint_runs(homes: Homes) -> None:
    home = homes.start(extra=NONE)
    home.add_entry(DOMAIN, [{}, ALONE])
    fleet = {"entity_id": [f"event.{DOMAIN.replace('stats', 'usage_statistics')}_prints"]}
    ours = {f"{DOMAIN}.print_{end}" for end in ("completed", "failed", "cancelled")}

    def offered() -> bool:
        return ours <= set(command(home, "get_triggers_for_target", target=fleet))

    wait_until("the triggers are offered", offered)

    shutil.copytree(BLUEPRINTS, home.config / "blueprints" / "automation" / DOMAIN)
    listed = command(home, "blueprint/list", domain="automation")
    copied = {path: each for path, each in listed.items() if path.startswith(DOMAIN)}
    assert len(copied) == len(list(BLUEPRINTS.iterdir()))
    assert all("metadata" in each for each in copied.values()), copied
    file = home.config / "configuration.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace(NONE, ONE), encoding="utf-8")
    home.call_action("automation", "reload", {})
    assert home.state("automation.print_end") == "on"

    event = {"event_type": "job_failed", "data": {"duration_seconds": 7500, "filament_g": 24}}
    home.call_action(DOMAIN, "record_event", event)
    wait_until("the end is told", lambda: bool(command(home, "persistent_notification/get")))
    told = json.dumps(command(home, "persistent_notification/get"))
    assert '"title": "3D printer: print failed"' in told
    assert '"message": "It took 2 h 5 min. It used 24 g of filament."' in told
    home.stop()
