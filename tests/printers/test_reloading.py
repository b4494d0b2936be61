"""Reloading our own entry at every moment of every course of the corpus: no count changes.

Sessions and views go on over a reload; all that happens is that the printer is looked at anew.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import pytest

from custom_components.printernizer_stats.core.models import UsageEvent
from custom_components.printernizer_stats.printers.profiles import Role

from ..proofs import part, tries
from ..replaying import Scenario, Step, scenarios
from ..simulation.drive import Drive

# So long after what was shown last the entry is reloaded, in seconds, if nothing else is shown before.
MOMENTS: Final = (0.0, 1.0, 30.0, 59.0, 61.0, 150.0, 400.0)
EVERY: Final = tries(1, fast=5)
"""Of these instants, so manieth are tried by themselves."""
# Of the run of the printer's connection, not of prints.
OF_CONTACT: Final = ("printer_connected", "printer_disconnected")


def reload(at: float, shown: dict[str, Any]) -> Step:
    """Return the look at everything that a reload brings."""
    return at, "look", {Role(role): value for role, value in shown.items()}


def with_reloads(steps: Iterable[Step], moments: set[float]) -> Iterator[Step]:
    """Yield the steps, with a reload at these instants, after what is shown in the same second."""
    shown: dict[str, Any] = {}
    due = sorted(moments)
    for step in steps:
        at, what, value = step
        while due and due[0] < at:
            yield reload(due.pop(0), shown)
        if what == "restart":
            shown.clear()
        elif what != "event":
            word, unit = value
            shown[what] = ("unknown" if word is None else str(word), unit)
        yield step
    for at in due:
        yield reload(at, shown)


def instants(steps: list[Step]) -> list[float]:
    """Return when to reload, once each: at what is shown, and after it until the next."""
    last = {step[0]: step[1] for step in steps}
    ends = [*list(last)[1:], max(last) + 1000.0]
    return sorted(
        {
            at + moment
            for (at, what), end in zip(last.items(), ends, strict=True)
            for moment in (*MOMENTS, (end - at) / 2)
            # From a restart to the next step Home Assistant is off.
            if at + moment < end and what != "restart"
        }
    )


def counted(events: Iterable[UsageEvent]) -> list[tuple[str, float, dict[str, Any]]]:
    """Return what is counted of prints."""
    return [(each.type, each.at, dict(each.data)) for each in events if each.type not in OF_CONTACT]


def run(scenario: Scenario, moments: set[float]) -> list[tuple[str, float, dict[str, Any]]]:
    """Return what is counted with reloads at these instants."""
    return counted(Drive(scenario.integration).run(with_reloads(scenario.steps, moments)))


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda each: each.id)
def test_a_reload_at_any_moment_changes_no_count(scenario: Scenario) -> None:
    undisturbed = run(scenario, set())
    for at in part(instants(scenario.steps), EVERY):
        assert run(scenario, {at}) == undisturbed, f"reloaded at {at}"


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda each: each.id)
def test_reloads_at_all_moments_change_no_count(scenario: Scenario) -> None:
    assert run(scenario, set(instants(scenario.steps))) == run(scenario, set())
