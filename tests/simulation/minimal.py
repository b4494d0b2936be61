"""Makes a failing course short and readable: a scenario in the format of tests/printers/replay/."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
import re
from typing import Any, Final

from custom_components.printernizer_stats.core.models import UsageEvent
from custom_components.printernizer_stats.printers.profiles import Profile, Role

from ..replaying import Step
from .catalog import Disturbance
from .drive import Drive
from .judge import Judge
from .printer import BEGIN

# What may be left out without taking away what tells one print from the next.
_WEAK: Final = (Role.PROGRESS, Role.FILAMENT_MM, Role.FILAMENT_G, Role.PLANNED_MM, Role.PLANNED_G)
_PRINTERS: Final = ("0123456789AB", "76ae56ef-3391-4f7a-89b4-8cc1cb4d6454", "0123456789AB_p1")


def faults_of(disturbance: Disturbance, profile: Profile, seed: str) -> list[str]:
    """Run one course; returns what was wrong with its counts."""
    made = disturbance.course(profile, seed)
    return Judge(made).judge(Drive(profile.key).run(made.steps())).faults


def shortest(disturbance: Disturbance, profile: Profile, seeds: Sequence[str], fault: str) -> str:
    """Return the failing course with the fewest moments, as YAML, without those that change nothing."""
    best: tuple[list[Step], list[str], str] | None = None
    for prints, seed in product((1, 2, 3), seeds):
        if prints > 1 and best is not None:
            break
        few = replace(disturbance, habits=replace(disturbance.habits, prints=prints))
        made = few.course(profile, seed)
        steps, judge = made.steps(), Judge(made)
        faults = judge.judge(Drive(profile.key).run(steps)).faults
        if any(each.startswith(fault) for each in faults) and (best is None or len(steps) < len(best[0])):
            truth = [
                f"{_when(each.begin)} to {_when(each.end)}: {each.outcome}, "
                f"{each.active(each.begin, each.end):.0f} s printed, "
                f"{each.whole_mm * each.share(each.end):.0f} mm, {each.whole_g * each.share(each.end):.0f} g"
                for each in made.life.prints
            ]
            best = _without_the_idle(profile, steps, judge, faults), truth, f"{seed}: {'; '.join(faults)}"
    assert best is not None
    return _yaml(profile, disturbance.name, *best)


def _without_the_idle(profile: Profile, steps: list[Step], judge: Judge, faults: list[str]) -> list[Step]:
    """Leave out the moments of which nothing changes in what is judged wrong."""
    index = 0
    while index < len(steps):
        if steps[index][1] not in _WEAK:
            index += 1
            continue
        shorter = steps[:index] + steps[index + 1 :]
        if judge.judge(Drive(profile.key).run(shorter)).faults == faults:
            steps = shorter
        else:
            index += 1
    return steps


def _yaml(profile: Profile, name: str, steps: list[Step], truth: list[str], fault: str) -> str:
    lines = [f"  - name: {name}", f"    # {fault}", *(f"    # true: {each}" for each in truth), "    steps:"]
    for at, role, value in steps:
        lines += [f"      - [{_when(at)}, {each}]" for each in _moment(profile, role, value)]
    counted = [_counted(event) for event in Drive(profile.key).run(steps)]
    return "\n".join([*lines, "    # counted:", *(f"    #   {each}" for each in counted)])


def _moment(profile: Profile, role: str, value: Any) -> list[str]:
    match role:
        case "down" | "crash":
            return ["restart"]
        case "event":
            return [f"event, {{{', '.join(f'{key}: {each}' for key, each in value.items())}}}"]
        case "look":
            parts: Mapping[Role, tuple[str, str | None]] = value
            ordered = sorted(parts.items(), key=lambda each: each[0] is not Role.STATE)
            return [each for key, word in ordered for each in _moment(profile, key, word)]
    word, unit = value
    return [f'{unique_id(profile, Role(role))}, "{word}"' + (f", {unit}" if unit else "")]


def unique_id(profile: Profile, role: Role) -> str:
    """Return a unique id that the profile takes for that role."""
    pattern = profile.state_id if role is Role.STATE else profile.parts[role].unique_id
    if pattern is None or profile.state_id is None:
        return str(role)
    printer = next((each for each in _PRINTERS if _filled(profile.state_id, each)), _PRINTERS[0])
    return _filled(pattern, printer)


def _filled(pattern: re.Pattern[str], printer: str) -> str:
    """The text that a pattern describes, for that printer; empty when it does not take it."""
    text = re.sub(r"\(\?<?[!=][^)]*\)", "", pattern.pattern)
    text = re.sub(r"\(\?P<id>(?:[^()]|\([^)]*\))*\)", printer, text)
    text = re.sub(r"\(([^|)]*)\|[^)]*\)", r"\1", text).strip("^$").replace("\\", "")
    return text if pattern.fullmatch(text) else ""


def _when(at: float) -> str:
    return f"{at - BEGIN:.0f}"


def _counted(event: UsageEvent) -> str:
    data = {key: each for key, each in event.data.items() if key != "printer_type"}
    return f"{_when(event.at)} {event.type} {data or ''}".rstrip()
