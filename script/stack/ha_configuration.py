"""The configuration folder of the stack's Home Assistant."""

import json
from pathlib import Path
from typing import Any

from .process import HOST

COMPONENTS = Path(__file__).resolve().parents[2] / "custom_components"
CONFIGURATION = """\
homeassistant:
  name: Printernizer test home
  latitude: 52.37
  longitude: 4.89
  elevation: 0
  unit_system: metric
  time_zone: Europe/Amsterdam
  country: NL
  currency: EUR
  language: en
frontend:
config:
recorder:
  commit_interval: 1
history:
logbook:
logger:
  default: info
"""


def write_configuration(config: Path, port: int, extra: str) -> None:
    """Write what Home Assistant reads at its start; what a kept folder holds stays."""
    storage = config / ".storage"
    storage.mkdir(parents=True, exist_ok=True)
    (config / "configuration.yaml").write_text(CONFIGURATION + extra, encoding="utf-8")
    components = config / "custom_components"
    if not components.is_symlink():
        components.symlink_to(COMPONENTS, target_is_directory=True)
    _write(storage / "http", _http(port))
    if not (storage / "onboarding").exists():
        _write(storage / "onboarding", _onboarding())


def _http(port: int) -> dict[str, Any]:
    """Return settings in their confirmed slot: YAML ones would be reverted after five minutes."""
    stable = {
        "server_host": [HOST],
        "server_port": port,
        "cors_allowed_origins": [],
        "login_attempts_threshold": -1,
        "ip_ban_enabled": False,
        "ssl_profile": "modern",
        "use_x_frame_options": True,
        "created_at": "2026-01-01T00:00:00+00:00",
        "error": None,
        "error_message": None,
    }
    data = {"stable": stable, "pending": None, "yaml_migration_done": True}
    return {"version": 2, "minor_version": 2, "key": "http", "data": data}


def _onboarding() -> dict[str, Any]:
    """Return onboarding with everything but the user done: its other steps ask the internet."""
    data = {"done": ["core_config", "analytics", "integration"]}
    return {"version": 4, "minor_version": 1, "key": "onboarding", "data": data}


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")
