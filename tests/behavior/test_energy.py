"""Energy of a print: what the meter went up by between its start and its end, and what that cost."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.printernizer_stats.core.counters import deltas
from custom_components.printernizer_stats.core.dictionary import DICTIONARY
from custom_components.printernizer_stats.core.models import Observation, PrinterState, UsageEvent
from custom_components.printernizer_stats.core.prints.rules import Rules
from custom_components.printernizer_stats.core.prints.session import PrintSession
from custom_components.printernizer_stats.printers.printer_view import PrinterView
from custom_components.printernizer_stats.printers.profiles import PROFILES, Role


class Printer:
    """A session that is shown a meter, one reading every ten minutes."""

    def __init__(self, price: float | None = None) -> None:
        self.rules = Rules(printer_type="prusa", energy_price=price)
        self.session = PrintSession("printer", self.rules)
        self.now = 0.0
        self.events: list[UsageEvent] = []

    def see(self, state: PrinterState | None = None, **readings: Any) -> None:
        self.now += 600
        self.events += self.session.observe(Observation(at=self.now, state=state, **readings))

    def restart(self) -> None:
        saved = self.session.dump()
        self.session = PrintSession("printer", self.rules)
        self.session.load(saved)

    @property
    def ended(self) -> Mapping[str, Any]:
        """The metadata of the last print that ended."""
        self.see()
        return next(event.data for event in reversed(self.events) if event.type.startswith("job_c"))


@pytest.fixture
def printer() -> Printer:
    """Begin a print with a meter that ran before."""
    printer = Printer(price=0.25)
    printer.see(PrinterState.IDLE, energy_wh=90_000)
    printer.see(PrinterState.PRINTING, energy_wh=100_000)
    return printer


def test_only_what_was_used_while_printing_counts(printer: Printer) -> None:
    printer.see(energy_wh=100_200)
    printer.see(PrinterState.COMPLETED, energy_wh=100_400.4)
    printer.see(energy_wh=100_400.4)
    assert printer.ended["energy_wh"] == 400
    assert printer.ended["energy_cost"] == 100
    printer.see(energy_wh=200_000)
    assert len([event for event in printer.events if event.type == "job_completed"]) == 1


def test_each_print_begins_where_the_meter_is(printer: Printer) -> None:
    printer.see(PrinterState.COMPLETED, energy_wh=100_300)
    printer.see(PrinterState.PRINTING, energy_wh=150_000)
    printer.see(PrinterState.COMPLETED, energy_wh=150_020)
    assert printer.ended["energy_wh"] == 20


def test_a_meter_that_begins_anew_takes_nothing_away(printer: Printer) -> None:
    printer.see(energy_wh=100_050)
    printer.see(energy_wh=10)
    printer.see(PrinterState.COMPLETED, energy_wh=30)
    assert printer.ended["energy_wh"] == 50 + 10 + 20


def test_the_price_at_the_time_counts(printer: Printer) -> None:
    printer.see(energy_price=0.5)
    printer.see(energy_wh=100_100)
    printer.see(energy_price=-0.1)
    printer.see(PrinterState.COMPLETED, energy_wh=100_300)
    assert printer.ended["energy_cost"] == 50 - 20


def test_a_restart_loses_nothing_while_the_print_goes_on(printer: Printer) -> None:
    printer.see(energy_wh=100_100)
    printer.restart()
    printer.see(PrinterState.PRINTING, energy_wh=100_200)
    printer.see(PrinterState.COMPLETED, energy_wh=100_300)
    assert printer.ended["energy_wh"] == 300


def test_nobody_knows_the_energy_of_a_print_whose_end_was_not_seen(printer: Printer) -> None:
    printer.restart()
    printer.see(PrinterState.IDLE, energy_wh=100_700)
    assert "energy_wh" not in printer.ended


def test_without_a_meter_or_a_price_nothing_is_said() -> None:
    printer = Printer()
    printer.see(PrinterState.PRINTING)
    printer.see(PrinterState.COMPLETED)
    assert not {"energy_wh", "energy_cost"} & printer.ended.keys()
    printer.see(PrinterState.PRINTING, energy_wh=5)
    printer.see(PrinterState.COMPLETED, energy_wh=9)
    assert printer.ended["energy_wh"] == 4
    assert "energy_cost" not in printer.ended


@given(st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_no_meter_makes_energy_negative(readings: list[float]) -> None:
    printer = Printer()
    printer.see(PrinterState.PRINTING)
    for reading in readings:
        printer.see(energy_wh=reading)
    printer.see(PrinterState.COMPLETED)
    assert printer.ended.get("energy_wh", 0) >= 0


def test_what_a_print_used_is_stored_and_counted_and_never_reported() -> None:
    data: dict[str, int] = {"energy_wh": 400, "energy_cost": 100}
    for outcome in ("completed", "failed", "cancelled"):
        assert DICTIONARY.check_event(f"job_{outcome}", data) == data
        amounts = deltas(UsageEvent(type=f"job_{outcome}", at=0, data=data))
        assert amounts == {f"job_{outcome}": 1, **data}
    assert not [path for path in DICTIONARY.report if "energy" in path or "cost" in path]


@pytest.mark.parametrize(
    ("role", "shown", "unit", "expected"),
    [
        (Role.ENERGY_WH, "1.5", "kWh", 1500),
        (Role.ENERGY_WH, "1.5", "Wh", 1.5),
        (Role.ENERGY_PRICE, "0.31", "EUR/kWh", 0.31),
        (Role.ENERGY_PRICE, "310", "EUR/MWh", 0.31),
        (Role.ENERGY_PRICE, "0.31", None, 0.31),
    ],
)
def test_units_are_converted(role: Role, shown: str, unit: str | None, expected: float) -> None:
    seen = PrinterView(PROFILES["octoprint"]).take(1.0, role, shown, unit)
    assert seen is not None
    assert getattr(seen, role) == pytest.approx(expected)


def test_the_state_comes_with_the_meter() -> None:
    view = PrinterView(PROFILES["octoprint"])
    view.take(1.0, Role.ENERGY_WH, "1.5", "kWh")
    seen = view.take(2.0, Role.STATE, "printing")
    assert seen is not None
    assert seen.energy_wh == 1500
