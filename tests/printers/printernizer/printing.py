"""What tests of prints in Printernizer have in common."""

from .at_home import Home

ENDS = ("job_completed", "job_failed", "job_cancelled")


def ended(home: Home) -> dict[str, int]:
    """Return how many prints ended how, and how many began."""
    return {name: count for name in ("job_created", *ENDS) if (count := home.counts.get(name, 0))}


async def async_print(home: Home, progress: range, printer: str = "a") -> None:
    """Print on, one look after the other."""
    for each in progress:
        home.app.show(printer, "printing", each)
        await home.async_poll()
