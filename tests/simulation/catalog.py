"""The disturbances by name, and with which profiles and habits each can happen."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from custom_components.printernizer_stats.printers.profiles import Profile, Role

from . import disturb
from .course import Course, Kind, course
from .printer import Habits
from .tongue import UNITS, Tongue


def _always(_profile: Profile) -> bool:
    return True


def _has(*roles: Role) -> Callable[[Profile], bool]:
    return lambda profile: bool(profile.parts.keys() & set(roles))


def _explicit(profile: Profile) -> bool:
    """Whether a word, and not the lack of one, ends a print."""
    return not profile.rules.idle_ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbance:
    """One thing that comes between; `applies` says with which profiles it can happen at all."""

    name: str
    disturb: Callable[[Course], None]
    habits: Habits = field(default_factory=Habits)
    applies: Callable[[Profile], bool] = _always

    def course(self, profile: Profile, seed: str) -> Course:
        """Return a course that is disturbed so."""
        made = course(profile, Random(seed), self.habits)
        self.disturb(made)
        return made


def several(made: Course) -> None:
    """Two to four of them at once."""
    others = [each for each in DISTURBANCES if each.name in _MIXED and each.applies(made.profile)]
    for each in made.rng.sample(others, made.rng.choice((2, 3, 4))):
        each.disturb(made)


DISTURBANCES: Final = (
    Disturbance(name="nothing", disturb=disturb.nothing),
    Disturbance(name="set up during a print", disturb=disturb.set_up),
    Disturbance(name="restart", disturb=disturb.restart),
    Disturbance(name="reload or saved options", disturb=disturb.reload),
    Disturbance(name="power failure of Home Assistant", disturb=disturb.crash),
    Disturbance(name="Home Assistant off during a print", disturb=disturb.home_off),
    Disturbance(name="Home Assistant off at the end", disturb=disturb.over_end(Kind.DOWN)),
    Disturbance(
        name="Home Assistant off between two prints",
        disturb=disturb.over_end(Kind.DOWN),
        habits=Habits(back_to_back=True, hold=(60, 600)),
    ),
    Disturbance(name="printer away for a moment", disturb=disturb.away_short),
    Disturbance(name="printer away for long", disturb=disturb.away_long),
    Disturbance(name="printer away at the end", disturb=disturb.over_end(Kind.AWAY)),
    Disturbance(name="printer's integration reloaded", disturb=disturb.restarting_integration),
    Disturbance(name="defaults before the first message", disturb=disturb.defaults_first),
    Disturbance(name="zeros while paused", disturb=disturb.zeros_while_paused, habits=Habits(prints=3)),
    Disturbance(name="zeros at the end", disturb=disturb.zeros_at_end),
    Disturbance(
        name="progress of the last print", disturb=disturb.stale(Role.PROGRESS), applies=_has(Role.PROGRESS)
    ),
    Disturbance(
        name="time and filament of the last print", disturb=disturb.stale(*UNITS), applies=_has(*UNITS)
    ),
    Disturbance(name="progress jumps to 100", disturb=disturb.oscillating, applies=_has(Role.PROGRESS)),
    Disturbance(name="readings late", disturb=disturb.late_readings),
    Disturbance(name="updates doubled", disturb=disturb.doubled),
    Disturbance(name="units changed", disturb=disturb.units, applies=_has(*UNITS)),
    Disturbance(name="entities renamed or migrated", disturb=disturb.renamed),
    Disturbance(name="plug off during a print", disturb=disturb.nothing, habits=Habits(power_cut=True)),
    Disturbance(
        name="plug off right after the end",
        disturb=disturb.nothing,
        habits=Habits(off_after_end=True, hold=(31, 90)),
    ),
    Disturbance(
        name="self test, calibration, slicing given up",
        disturb=disturb.nothing,
        habits=Habits(itself=True),
        applies=lambda profile: Tongue(profile, Random(0)).tells_itself,
    ),
    Disturbance(
        name="one print after the other",
        disturb=disturb.nothing,
        habits=Habits(back_to_back=True, hold=(31, 90)),
    ),
    Disturbance(
        name="end between two polls",
        disturb=disturb.told_often,
        habits=Habits(back_to_back=True, hold=(1, 40)),
    ),
    Disturbance(name="words that pass by", disturb=disturb.passing_words),
    Disturbance(name="start computed", disturb=disturb.wobbling_start, applies=_has(Role.STARTED_AT)),
    Disturbance(name="idle between heating and printing", disturb=disturb.idle_between, applies=_explicit),
    Disturbance(name="no state while idle", disturb=disturb.no_state_while_idle, applies=_has(Role.RUNNING)),
    Disturbance(name="several at once", disturb=several),
)
_MIXED: Final = {
    "restart",
    "reload or saved options",
    "power failure of Home Assistant",
    "printer away for a moment",
    "printer away for long",
    "printer away at the end",
    "Home Assistant off at the end",
    "defaults before the first message",
    "zeros while paused",
    "zeros at the end",
    "progress of the last print",
    "time and filament of the last print",
    "progress jumps to 100",
    "updates doubled",
    "units changed",
    "entities renamed or migrated",
    "words that pass by",
}
