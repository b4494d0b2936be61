"""Pages as HTML, and the files that lie beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
import gzip
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from msgspec.json import encode

from aggregation.dashboard.headers import STATIC
from aggregation.dashboard.pages import PAGES
from aggregation.dashboard.panel import Cell, Column

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


def cell(value: Cell, column: Column) -> str:
    """Return a cell as it is read."""
    if isinstance(value, str):
        return value
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
    return f"{text} {column.unit}" if column.unit else text


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
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.globals |= {
    "static": {name: file.address for name, file in FILES.items()},
    "pages": {name: one.title for name, one in PAGES.items()},
}
_PAGES.filters |= {"cell": cell, "data": data, "moment": moment}


def page(name: str, **values: Any) -> str:
    """Return a page from its template."""
    return _PAGES.get_template(f"{name}.html.j2").render(**values)
