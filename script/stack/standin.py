"""A stand-in for a printer, for use offline: a template sensor driven by helpers."""

import time

from .home_assistant import HomeAssistant

STATE = "input_select.printernizer_standin_state"
PROGRESS = "input_number.printernizer_standin_progress"
CONFIGURATION = """\
input_select:
  printernizer_standin_state:
    options: [idle, printing, paused, completed, failed, cancelled, offline]
    initial: idle
input_number:
  printernizer_standin_progress: {min: 0, max: 100, initial: 0}
template:
  - sensor:
      - name: Stand-in printer state
        unique_id: printernizer_standin_state
        state: "{{ states('input_select.printernizer_standin_state') }}"
      - name: Stand-in printer progress
        unique_id: printernizer_standin_progress
        unit_of_measurement: "%"
        state: "{{ states('input_number.printernizer_standin_progress') | int }}"
"""


class StandIn:
    """A printer whose state is set by Home Assistant actions."""

    name = "The stand-in printer"

    def __init__(self) -> None:
        """Start idle."""
        self._began = 0.0
        self._length = 1
        self._seconds = 0.0

    def add_to(self, home: HomeAssistant) -> None:
        """Do nothing: the stand-in is part of Home Assistant's configuration."""

    def begin(self, home: HomeAssistant, seconds: int) -> None:
        """Begin a job of the given number of seconds."""
        self._began, self._length = time.monotonic(), seconds
        _set(home, "printing", 0)

    def step(self, home: HomeAssistant) -> bool:
        """Show the progress so far, or the end; tell whether the job goes on."""
        elapsed = time.monotonic() - self._began
        if elapsed < self._length:
            _set(home, "printing", int(100 * elapsed / self._length))
            return True
        if home.state(STATE) == "printing":
            _set(home, "completed", 100)
            self._seconds = elapsed
        return False

    def last_print_seconds(self) -> float:
        """Return how long the last job took."""
        return self._seconds


def _set(home: HomeAssistant, state: str, progress: int) -> None:
    home.call_action("input_number", "set_value", {"entity_id": PROGRESS, "value": progress})
    home.call_action("input_select", "select_option", {"entity_id": STATE, "option": state})
