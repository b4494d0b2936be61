"""Feed of the public numbers: an entry for each week and month, each milestone and month's decisions."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as Xml

from aggregation.public.archive import Decided
from aggregation.public.months import Month

ATOM = "http://www.w3.org/2005/Atom"


def feed(
    address: str,
    weeks: Sequence[Mapping[str, Any]],
    milestones: Iterable[tuple[str, int, str]],
    decided: Iterable[Decided],
    months: Iterable[Month] = (),
) -> bytes:
    """Return the feed at an address: decisions, months, milestones, weeks, of each the newest first."""
    Xml.register_namespace("", ATOM)
    root = Xml.Element(f"{{{ATOM}}}feed")
    _text(root, "title", "Printernizer public numbers")
    _text(root, "id", f"{address}/public/feed.xml")
    _text(root, "updated", _moment(weeks[0]["published"] if weeks else "2026-01-01"))
    author = Xml.SubElement(root, f"{{{ATOM}}}author")
    _text(author, "name", "Printernizer")
    for which in decided:
        name = f"{address}/public#decided-{which.week}-{which.language}"
        title = f"What we decided from the data ({which.week}, {which.language})"
        entry = _entry(root, name, title, which.decided_day.isoformat(), f"{address}/public")
        _text(entry, "content", "\n\n".join(which.paragraphs))
    for month in months:
        link = f"{address}/public/monthly/{month.name}"
        _entry(root, link, f"Report of {month.title}", f"{month.published_day}", link)
    published = {each["week"]: each["published"] for each in weeks}
    for kind, number, week in milestones:
        name = f"{address}/public#{kind}-{number}"
        _entry(root, name, f"{number:,} {kind}", published[week], f"{address}/public")
    for each in weeks:
        link = f"{address}/public/weekly/{each['week']}.json"
        _entry(root, link, f"Numbers of {each['week']}", each["published"], link)
    made: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return made


def _entry(root: Xml.Element, identifier: str, title: str, day: str, link: str) -> Xml.Element:
    entry = Xml.SubElement(root, f"{{{ATOM}}}entry")
    _text(entry, "title", title)
    _text(entry, "id", identifier)
    _text(entry, "updated", _moment(day))
    Xml.SubElement(entry, f"{{{ATOM}}}link", href=link)
    return entry


def _text(parent: Xml.Element, name: str, text: str) -> None:
    Xml.SubElement(parent, f"{{{ATOM}}}{name}").text = text


def _moment(day: str) -> str:
    return f"{day}T00:00:00Z"
