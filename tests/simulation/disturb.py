"""What comes between a printer and who counts its prints: each function disturbs a course in one way."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from custom_components.printernizer_stats.core.models import PrinterState
from custom_components.printernizer_stats.printers.profiles import Role

from .course import Course, First, Gap, Kind, defaults
from .printer import Doing, Phase, TruePrint
from .tongue import UNAVAILABLE, UNITS, Shown

_NOTHING_YET: Final = ((), (First.UNAVAILABLE,), (First.UNKNOWN,), (First.UNAVAILABLE, First.UNKNOWN))
_USED: Final = (Role.ELAPSED, Role.FILAMENT_MM, Role.FILAMENT_G)


def nothing(_course: Course) -> None:
    """Leave everything as it is."""


def told_often(made: Course) -> None:
    """Every print is told of minute by minute at first, as sources do that are asked so often."""
    begins = [each.begin for each in made.life.prints]
    made.extra |= {made.after_poll(begin + 60 * minute) for begin in begins for minute in range(1, 11)}


def gap(made: Course, begin: float, seconds: float, kind: Kind, first: tuple[First, ...] = ()) -> None:
    """Hide a stretch that touches no other."""
    settle = made.rng.uniform(1, 40) if first else 0.0
    by_word = made.rng.random() < 0.5
    new = Gap(begin=begin, end=begin + seconds, kind=kind, first=first, settle=settle, by_word=by_word)
    apart = all(new.until + 5 < each.begin or each.until + 5 < new.begin for each in made.gaps)
    if apart and new.until < made.life.now - 300:
        made.gaps.append(new)


def within(made: Course) -> tuple[TruePrint, float]:
    """Some print, and some instant in it."""
    chosen = made.rng.choice(made.life.prints)
    return chosen, made.rng.uniform(chosen.begin, chosen.end)


def _first(made: Course) -> tuple[First, ...]:
    return made.rng.choice(_NOTHING_YET)


def edge(made: Course) -> float:
    """Some instant around which the printer begins, pauses, resumes or ends."""
    near = made.rng.choice(made.life.phases).begin + made.rng.uniform(-5, 70)
    return max(near, made.life.phases[0].begin + 60)


def set_up(made: Course) -> None:
    """Counting begins in the middle of a print."""
    gap(made, made.life.phases[0].begin, within(made)[1] - made.life.phases[0].begin, Kind.BEFORE)


def restart(made: Course) -> None:
    """Home Assistant restarts in the middle of a print, or right at a begin, a pause or an end."""
    for _ in range(made.rng.choice((1, 1, 2))):
        at = made.rng.choice((edge(made), within(made)[1]))
        gap(made, at, made.rng.uniform(5, 90), Kind.DOWN, _first(made))


def reload(made: Course) -> None:
    """Our own entry is reloaded, as after saving options; also right at a begin, a pause or an end."""
    for _ in range(made.rng.choice((1, 2, 4))):
        gap(made, made.rng.choice((edge(made), within(made)[1])), 0.0, Kind.RELOAD)


def crash(made: Course) -> None:
    """The power fails while Home Assistant runs; what was not stored yet is gone."""
    chosen, at = within(made)
    made.extra |= {made.after_poll(at - 60 * minute) for minute in range(30)}
    # What is stored once it counts as a print is what was told last, as often as it is told.
    made.extra |= {made.after_poll(chosen.begin + each) for each in range(0, 150, round(made.poll))}
    gap(made, at, made.rng.uniform(30, 900), Kind.CRASH, _first(made))


def home_off(made: Course) -> None:
    """Home Assistant is off for hours while the same print goes on."""
    chosen = max(made.life.prints, key=lambda each: each.end - each.begin)
    begin = made.rng.uniform(chosen.begin, chosen.end)
    gap(made, begin, made.rng.uniform(0.2, 0.95) * (chosen.end - begin), Kind.DOWN, _first(made))


def over_end(kind: Kind) -> Callable[[Course], None]:
    def disturb(made: Course) -> None:
        chosen, begin = within(made)
        seconds = chosen.end - begin + made.rng.uniform(1, 6000)
        gap(made, begin, seconds, kind, _first(made))

    return disturb


def away_short(made: Course) -> None:
    """The network fails for less than the grace time."""
    for _ in range(made.rng.choice((1, 2, 3))):
        gap(
            made, within(made)[1], made.rng.uniform(3, 90), Kind.AWAY, made.rng.choice(((), (First.UNKNOWN,)))
        )


def away_long(made: Course) -> None:
    """The printer cannot be reached for a long time while the same print goes on."""
    chosen, begin = within(made)
    gap(made, begin, made.rng.uniform(0.2, 0.95) * (chosen.end - begin), Kind.AWAY, _first(made))


def defaults_first(made: Course) -> None:
    """After a restart or an absence, entities show zeros and idle before the first message."""
    kind = made.rng.choice((Kind.DOWN, Kind.AWAY))
    gap(made, within(made)[1], made.rng.choice((20.0, 400.0, 3000.0)), kind, (First.UNKNOWN, First.DEFAULT))


def zeros_while_paused(made: Course) -> None:
    """Readings are zero while the print is paused; half the time, Home Assistant restarts just then."""

    def bend(_at: float, phase: Phase, shown: Shown) -> None:
        if phase.doing is Doing.PAUSED:
            shown |= {
                key: word
                for key, word in defaults(made.tongue, shown, state=False).items()
                if key is Role.PROGRESS or key in _USED
            }

    made.bends.append(bend)
    pauses = [phase for phase in made.life.phases if phase.doing is Doing.PAUSED]
    if pauses and made.rng.random() < 0.5:
        pause = made.rng.choice(pauses)
        begin = made.rng.uniform(pause.begin, pause.end)
        gap(
            made,
            begin,
            made.rng.uniform(0.1, 0.9) * (pause.end - begin),
            made.rng.choice((Kind.DOWN, Kind.AWAY)),
        )


def zeros_at_end(made: Course) -> None:
    """Readings are gone as soon as the print has ended."""
    made.zeroed_end = True


def stale(*roles: Role) -> Callable[[Course], None]:
    """Readings of the last print stay on the display of the next for a while."""

    def disturb(made: Course) -> None:
        made.stale = stays = made.rng.uniform(5, 250)

        def bend(at: float, phase: Phase, shown: Shown) -> None:
            of, busy = phase.of, phase.doing in (Doing.PRINTING, Doing.PAUSED)
            # What was gone at the end does not come back.
            if of is None or not busy or at > of.begin + stays or made.zeroed_end:
                return
            earlier = [each for each in made.life.prints if each.end <= of.begin]
            if earlier:
                old = made.tongue.shown(replace(phase, of=earlier[-1]), at)
                shown |= {role: old[role] for role in roles if role in shown}

        made.bends.append(bend)

    return disturb


def moments(made: Course, often: int, *, since: float = 0.0) -> set[float]:
    """Some polls in prints, each with a poll after it, away from begin, pause, end and gap."""
    found = set()
    for phase in made.life.phases:
        margin = 3 * made.poll + 5
        if phase.doing is not Doing.PRINTING or phase.end - phase.begin < 3 * margin + since:
            continue
        for _ in range(made.rng.randint(0, often)):
            at = made.after_poll(made.rng.uniform(phase.begin + since + margin, phase.end - margin))
            if all(abs(at - edge) > margin for each in made.gaps for edge in (each.begin, each.until)):
                found.add(at)
                made.extra |= {at, at + made.poll}
    return found


def oscillating(made: Course) -> None:
    """The progress jumps to 100 for a poll now and then, and falls back."""
    jumps = moments(made, 3)

    def bend(at: float, _phase: Phase, shown: Shown) -> None:
        if at in jumps and Role.PROGRESS in shown:
            shown[Role.PROGRESS] = made.tongue.percent(1)

    made.bends.append(bend)


def late_readings(made: Course) -> None:
    """The readings come seconds after the state."""
    made.late = made.rng.uniform(0.2, 4)


def doubled(made: Course) -> None:
    """Everything is told again at every poll, changed or not."""
    made.doubled = True


def units(made: Course) -> None:
    """The user chooses other units for display, also in the middle of a print."""
    changes_at = within(made)[1]
    chosen = {role: made.rng.choice(list(UNITS[role])) for role in made.tongue.units}

    def bend(at: float, _phase: Phase, shown: Shown) -> None:
        for role, unit in chosen.items():
            word, own = shown[role]
            if at >= changes_at and own is not None:
                ours = float(word) * UNITS[role][own]
                shown[role] = (f"{ours / UNITS[role][unit]:.6f}", unit)

    made.bends.append(bend)


def renamed(made: Course) -> None:
    """The entities are renamed, or moved to other ids by an update."""
    for _ in range(2):
        gap(
            made,
            within(made)[1],
            made.rng.choice((0.0, 2.0)),
            Kind.RENAME,
            made.rng.choice(((), (First.UNAVAILABLE,))),
        )


def restarting_integration(made: Course) -> None:
    """The printer's integration is reloaded or updated: nothing, then unknown, then the truth."""
    for _ in range(made.rng.choice((1, 2))):
        gap(made, within(made)[1], made.rng.uniform(1, 20), Kind.AWAY, (First.UNKNOWN,))


def passing_words(made: Course) -> None:
    """Words that say nothing pass by: unknown, and those that the profile ignores."""
    passing = {
        at: made.rng.choice(["unknown", *sorted(made.profile.ignored)]) for at in sorted(moments(made, 2))
    }

    def bend(at: float, _phase: Phase, shown: Shown) -> None:
        if at in passing:
            shown[Role.STATE] = (passing[at], None)

    made.bends.append(bend)


def wobbling_start(made: Course) -> None:
    """The start is computed from the print time: to the minute, and later by every pause."""

    def bend(at: float, phase: Phase, shown: Shown) -> None:
        of = phase.of
        if of is None or Role.STARTED_AT not in shown:
            return
        begin = min(at, of.end) - of.active(of.begin, at)
        moved = replace(of, begin=begin // 60 * 60, pauses=())
        shown[Role.STARTED_AT] = made.tongue.shown(replace(phase, of=moved), at)[Role.STARTED_AT]

    made.bends.append(bend)


def idle_between(made: Course) -> None:
    """The printer looks idle for a moment between heating and printing."""
    looks = {made.after_poll(each.begin + made.rng.uniform(3, 200)) for each in made.life.prints}
    made.extra |= looks | {at + made.poll for at in looks}

    def bend(at: float, phase: Phase, shown: Shown) -> None:
        if at in looks and phase.doing is Doing.PRINTING:
            shown[Role.STATE] = (made.tongue.word(PrinterState.IDLE), None)

    made.bends.append(bend)


def no_state_while_idle(made: Course) -> None:
    """There is no state to show while nothing is printed."""

    def bend(_at: float, phase: Phase, shown: Shown) -> None:
        if phase.doing is Doing.IDLE:
            shown[Role.STATE] = UNAVAILABLE

    made.bends.append(bend)
