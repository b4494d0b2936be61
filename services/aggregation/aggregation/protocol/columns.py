"""Columns: where the values of a report are stored, by dotted path, in each protocol."""

from collections.abc import Mapping
from typing import Any

from aggregation.protocol.fields import V1, V1_FIELDS, V2, V2_FIELDS

_OWN_COLUMNS = {"installation_id", "schema_version", "duration_days"}


def _names(paths: Mapping[str, object]) -> dict[str, str]:
    """Return the column of each path: its last word, and for the consent both words."""
    names = {path: path.rpartition(".")[2] for path in paths}
    names |= {path: path.replace(".", "_") for path in paths if path.startswith("consent.")}
    names["period.end"] = "period_end"
    return {path: name for path, name in names.items() if name not in _OWN_COLUMNS and path != "period.start"}


COLUMNS = {V1: _names(V1_FIELDS), V2: _names(V2_FIELDS)}


def columns_of_values(protocol: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is stored of a report's values by column."""
    columns = COLUMNS[protocol]
    return {columns[path]: value for path, value in values.items() if path in columns}
