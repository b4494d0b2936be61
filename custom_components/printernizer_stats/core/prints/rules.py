"""How to read one printer: what the profile and the user say of it."""

from dataclasses import dataclass

from ..models import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How to read one printer; all times in seconds.

    `merge_seconds` is how long contradicting outcomes may follow each other, `idle_seconds` how long a
    printer may look idle in the middle of a print. Where `idle_ends` is set it never does. `names_outcome`
    says that the source has words for how a print ended, `end_recovers` that it may take back that one was
    completed. `unexplained` is the outcome of a print that stopped below `complete_at` percent without a
    word. `final_progress` says that the progress shown after the end is the one that counts,
    `verify_completed` that a completed print must have got to `complete_at`. `energy_price` is what a kWh
    costs where no sensor tells.
    """

    printer_type: str
    idle_ends: bool = False
    names_outcome: bool = True
    end_recovers: bool = False
    unexplained: Outcome = Outcome.FAILED
    final_progress: bool = False
    verify_completed: bool = False
    complete_at: float = 99.5
    merge_seconds: float = 60.0
    idle_seconds: float = 60.0
    grace_seconds: float = 180.0
    min_print_seconds: float = 60.0
    lost_seconds: float = 86400.0
    energy_price: float | None = None
