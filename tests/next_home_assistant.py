"""A pytest plugin that lets the test plugin of Home Assistant 2026.10 run on 2026.11; see script/test --ha.

There is no test plugin for 2026.11 yet. Home Assistant must be imported before anything imports httpx, and
one name that the plugin imports has moved.
"""

from homeassistant.components import logger
from homeassistant.components.logger import helpers

logger._clear_logger_overwrites = helpers._clear_logger_overwrites  # type: ignore[attr-defined]
