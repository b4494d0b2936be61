"""Prints in hand for the tests."""

from typing import Any

from custom_components.printernizer_stats.core.models import Observation
from custom_components.printernizer_stats.core.prints.job import Job, Unseen
from custom_components.printernizer_stats.core.prints.rules import Rules

RULES = Rules(printer_type="other")


def made(**known: Any) -> Job:
    """Return a print that began at 0, or what else is known of it."""
    return Job(**{"started_at": 0.0, "start_seen": True, "running_since": 0.0, **known})


def unseen_stretch(**known: Any) -> Unseen:
    """Return a stretch from 100 to 1000 after a progress of 10 percent in 100 seconds."""
    return Unseen(
        **{"since": 100, "seconds": 900, "active": 100, "progress": 10, "reached": 10, "pace": 10, **known}
    )


def noted(job: Job, **seen: Any) -> Job:
    """Return the print after it has taken in an observation."""
    job.note(Observation(**seen), RULES)
    return job
