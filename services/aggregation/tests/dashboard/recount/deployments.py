"""Deployments recounted: how homes differ by them, alone and with a version; Python."""

from tests.dashboard.recount.tables import Record, middle_success
from tests.dashboard.recount.truth import (
    Told,
    Truth,
    shares,
    with_error,
)


def differences(truth: Truth, row: Record) -> Record:
    here = [one for one in truth.all_at(*truth.recent) if one.mode == row["mode"]]
    sharing = [one for one in here if one.shares_use]
    hours = sum(one.use("print_hours") for one in sharing)
    return {
        "mode": row["mode"],
        "reports": len(here),
        "hours": round(hours / len(sharing), 1) if sharing else 0.0,
        "success": middle_success(here),
        **shares(with_error(here), ("errors", "errors_low", "errors_high")),
    }


def set_ups(truth: Truth, row: Record) -> Record:
    pair = (row["version"], row["mode"])
    here = [one for one in truth.all_at(*truth.recent) if (one.version, one.mode) == pair]
    return {
        "version": pair[0],
        "mode": pair[1],
        "reports": len(here),
        "success": middle_success(here),
        **shares(with_error(here), ("errors", "errors_low", "errors_high")),
    }


def python(one: Told) -> str:
    """Return the two numbers of its Python."""
    return ".".join(str(one.last["python_version"]).split(".")[:2])
