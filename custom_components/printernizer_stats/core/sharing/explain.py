"""Explanation of a report: its fields, and what is new in it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
import json

from ..dictionary import DICTIONARY, flatten


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportField:
    """One declared value of a report by its dotted path, and why it is asked for."""

    path: str
    value: object
    unit: str | None
    purpose: str
    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A value that another report does not have, or has otherwise; None where there is none."""

    path: str
    old: object
    new: object


def fields(body: bytes) -> list[ReportField]:
    """Return every field of a report's bytes, in the dictionary's order."""
    values = dict(flatten(json.loads(body), DICTIONARY.report))
    return [
        ReportField(
            path=path,
            value=values[path],
            unit=declared.unit,
            purpose=declared.purpose,
            category=declared.category,
        )
        for path, declared in DICTIONARY.report.items()
        if path in values
    ]


def difference(old: bytes | None, new: bytes) -> list[Change]:
    """Return what differs between the bytes of two reports, by path; without an old one all of it."""
    before = dict(_leaves(json.loads(old))) if old is not None else {}
    after = dict(_leaves(json.loads(new)))
    return [
        Change(path=path, old=before.get(path), new=after.get(path))
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    ]


def _leaves(node: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in node.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
