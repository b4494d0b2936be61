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
    declared = {each.value: each.declared for each in _loaded("measures").Measure}
    rows = (
        [
            f"`{name}`",
            each.label,
            each.kind,
            each.values,
            each.unit,
            " or ".join(declared[other].label for other in each.of),
            "" if each.most is None else f"{each.most:,}",
            "yes" if each.is_public else "",
        ]
        for name, each in declared.items()
    )
    head = ["measure", "title", "kind", "values", "unit", "of", "most of one home", "public"]
    return table(head, rows)


def scopes(_dictionary: Raw, _profiles: Raw) -> str:
    """Return the table of scopes."""
    return table(
        ["scope", "homes with the same"],
        ([f"`{each.value}`", each.label] for each in _loaded("scopes").Scope),
    )
