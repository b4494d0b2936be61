"""Community figures of now: the own ones beside those of most homes."""

from typing import Any

from homeassistant.util import dt as dt_util

from ..core.community.comparison import Comparison, compare
from ..core.community.own import own_figures
from ..runtime import Runtime


async def async_comparisons(runtime: Runtime) -> list[Comparison]:
    """Return what can be compared now; nothing while nothing is received."""
    if (numbers := runtime.community.numbers) is None:
        return []
    today = dt_util.now().date()
    own = await runtime.store.async_read(lambda conn: own_figures(conn, today))
    return compare(numbers, own.lately, own.before, own.ever, runtime.printer_types)


async def async_community(runtime: Runtime) -> dict[str, Any] | None:
    """Return the comparison as get_statistics has it, None while receiving is off."""
    receiver = runtime.community
    if receiver.url is None:
        return None
    compared = await async_comparisons(runtime)
    return {
        "source": receiver.url,
        "reception": receiver.reception.value,
        "week": receiver.numbers.week if receiver.numbers else None,
        "figures": [_row(each) for each in compared],
    }


def _row(compared: Comparison) -> dict[str, Any]:
    """One figure; percent, or hours a week."""
    return {
        "figure": compared.figure.value,
        "own": _rounded(compared.own),
        "before": _rounded(compared.before),
        **compared.homes._asdict(),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
