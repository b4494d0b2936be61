"""The tables of measures and scopes, from where the service declares them."""

from collections.abc import Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from markdown_table import table

ROLLUPS: Final = Path(__file__).resolve().parents[1] / "services" / "aggregation" / "aggregation" / "rollups"

type Raw = Mapping[str, Any]


def _loaded(name: str) -> ModuleType:
    """Return a module of the service that imports nothing of it."""
    spec = spec_from_file_location(f"_{name}", ROLLUPS / f"{name}.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def measures(_dictionary: Raw, _profiles: Raw) -> str:
    """Return the table of measures."""
    found = list(_loaded("measures").Measure)
    rows = (
        [
            f"`{each.value}`",
            each.declared.label,
            each.declared.kind,
            each.declared.values,
            each.declared.unit,
            each.population,
            "" if each.declared.most is None else f"{each.declared.most:,}",
            "yes" if each.declared.is_public else "",
        ]
        for each in found
    )
    head = ["measure", "title", "kind", "values", "unit", "of", "most of one home", "public"]
    return table(head, rows)


def scopes(_dictionary: Raw, _profiles: Raw) -> str:
    """Return the table of scopes."""
    return table(
        ["scope", "homes with the same"],
        ([f"`{each.value}`", each.label] for each in _loaded("scopes").Scope),
    )
