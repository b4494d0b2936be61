"""Pages as HTML, and the files that lie beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
import gzip
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from msgspec.json import encode

from aggregation.dashboard.headers import STATIC
from aggregation.dashboard.pages import PAGES
from aggregation.dashboard.panel import Cell, Panel

REMEMBERED_ROWS = 16_384
"""Rows of tables, with some 500 bytes each."""
_WHOLE = "complete"
"""The state of a week whose reports have come in."""
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
_FILES = ("dashboard.css", "dashboard.js", "icon.svg", "vendor/echarts.min.js", "vendor/world.json")


@dataclass(frozen=True, slots=True)
class File:
    """A file of the pages, as it is sent."""

    media_type: str
    plain: bytes
    zipped: bytes
    address: str


def _load() -> Mapping[str, File]:
    """Return all files by their names."""
    folder = files("aggregation.dashboard") / "static"
    found = {}
    for name in _FILES:
        plain = (folder / name).read_bytes()
        version = sha256(plain).hexdigest()[:12]
        kind = _TYPES[name[name.rindex(".") :]]
        found[name] = File(kind, plain, gzip.compress(plain, 6, mtime=0), f"{STATIC}{name}?{version}")
    return found


FILES = _load()


def rows(panel: Panel, *, is_linked: object) -> Markup:
    """Return the rows of a panel's table, the newest week first."""
    units = tuple(column.unit for column in panel.columns)
    links = panel.links if is_linked else ()
    order = range(len(panel.rows))
    return Markup(  # noqa: S704 - all of it is escaped
        "".join(
            _row(
                units,
                links[place] if links else "",
                str(panel.rows[place][1]) if panel.by_week else _WHOLE,
                *panel.rows[place],
            )
            for place in (reversed(order) if panel.by_week else order)
        )
    )


@lru_cache(maxsize=REMEMBERED_ROWS, typed=True)
def _row(units: tuple[str, ...], link: str, state: str, *cells: Cell) -> str:
    """Return a row; those of weeks that are complete are the same again and again."""
    first, *others = (_text(cell, unit) for cell, unit in zip(cells, units, strict=True))
    lines = [
        "<tr>" if state == _WHOLE else f'<tr class="{escape(state)}">',
        f'<th scope="row"><a href="{escape(link)}">{first}</a></th>'
        if link
        else f'<th scope="row">{first}</th>',
    ]
    lines += [
        f"<td>{text}</td>" if isinstance(cell, str) else f'<td class="number">{text}</td>'
        for cell, text in zip(cells[1:], others, strict=True)
    ]
    return "\n".join((*lines, "</tr>\n"))


def _text(value: Cell, unit: str) -> str:
    """Return a cell as it is read, with its unit."""
    if isinstance(value, str):
        return escape(value)
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
    return f"{text} {escape(unit)}" if unit else text


def moment(seconds: int) -> str:
    """Return an instant in Unix seconds as it is read (UTC)."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"


def data(value: Any) -> Markup:
    """Return JSON that can stand in a page: nothing in it ends the element that it is in."""
    text = encode(value).decode()
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704


_PAGES = Environment(
    loader=PackageLoader("aggregation.dashboard"),
    autoescape=True,
    auto_reload=False,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.globals |= {
    "static": {name: file.address for name, file in FILES.items()},
    "pages": {name: one.title for name, one in PAGES.items()},
}
_PAGES.filters |= {"rows": rows, "data": data, "moment": moment}


def page(name: str, **values: Any) -> str:
    """Return a page from its template."""
    return _PAGES.get_template(f"{name}.html.j2").render(**values)
