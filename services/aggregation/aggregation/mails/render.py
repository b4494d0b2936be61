"""Rendering: a mail in HTML and in plain text, with nothing that a mail program would have to fetch.

Styles stand in the elements (css-inline), since many programs drop those of the head; only the rules for the
dark stay there. The chart is a table.
"""

from collections.abc import Sequence
from importlib.util import find_spec

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from aggregation.alerts.deliveries import Told
from aggregation.dashboard.headers import MAIL_LINKS, PREFIX
from aggregation.mails.content import Bar, Content
from aggregation.mails.smtp import Letter
from aggregation.mails.words import Words
from aggregation.weeks import iso_name

MISSING = "Mails look plainer than they should in some programs: pip install -r requirements_insight.txt"
CHART_PIXELS = 72
MOST_HOMES = 1000
"""From so many homes on every third bar is told: more numbers have no room on a phone."""
_SPARKS = "▁▂▃▄▅▆▇█"

_TEMPLATES = Environment(
    loader=PackageLoader("aggregation.mails"),
    autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals["week_name"] = iso_name


def has_inliner() -> bool:
    """Tell whether the library that puts styles into the elements is there."""
    return find_spec("css_inline") is not None


def letter_of(
    content: Content,
    language: str,
    base: str,
    *,
    token: str | None = None,
    identifier: str | None = None,
    prefix: str = "",
) -> Letter:
    """Return a mail in a language; its links begin with the base, and with the token its reader leaves."""
    words = Words(language)
    leave = f"{base}{MAIL_LINKS}/leave/{token}" if token else None
    values = {
        "content": content,
        "words": words,
        "base": base,
        "dashboard": PREFIX,
        "moves": f"{base}{PREFIX}/changes#moved",
        "leave": leave,
        "bars": _heights(content.bars),
        "has_room": all(bar.homes < MOST_HOMES for bar in content.bars),
        "sparks": _sparks(content.bars),
        "decided": _decided(content, language),
    }
    return Letter(
        subject=f"{prefix}{words.title(content)}: {words.headline(content)}",
        text=_TEMPLATES.get_template("mail.txt.j2").render(values),
        html=inlined(_TEMPLATES.get_template("mail.html.j2").render(values)),
        language=language,
        identifier=identifier,
        leave=leave,
    )


def asking_letter(language: str, link: str, address: str) -> Letter:
    """Return the mail that asks somebody to confirm."""
    words = Words(language)
    values = {"words": words, "link": link, "address": address}
    return Letter(
        subject=words("confirm"),
        text=_TEMPLATES.get_template("ask.txt.j2").render(values),
        html=inlined(_TEMPLATES.get_template("ask.html.j2").render(values)),
        language=language,
    )


def alarm_letter(
    told: Sequence[Told],
    language: str,
    base: str | None,
    *,
    token: str | None = None,
    identifier: str | None = None,
) -> Letter:
    """Return the mail about alarms, the gravest first; without a base it has no links."""
    words = Words(language)
    leave = f"{base}{MAIL_LINKS}/leave/{token}" if base and token else None
    values = {
        "words": words,
        "told": told,
        "alarms": f"{base}{PREFIX}/alarms" if base else None,
        "leave": leave,
    }
    more = words("alarm more", number=len(told) - 1) if len(told) > 1 else ""
    return Letter(
        subject=f"{words('product')}: {told[0].title}{more}",
        text=_TEMPLATES.get_template("alarm.txt.j2").render(values),
        html=inlined(_TEMPLATES.get_template("alarm.html.j2").render(values)),
        language=language,
        identifier=identifier,
        leave=leave,
    )


def inlined(html: str) -> str:
    """Return HTML whose styles stand in its elements; those marked to be kept stay in the head too."""
    if not has_inliner():
        return html
    from css_inline import CSSInliner  # noqa: PLC0415 - optional, and the server needs it seldom

    inliner = CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, keep_link_tags=False)
    return inliner.inline(html)


def _heights(bars: tuple[Bar, ...]) -> list[tuple[Bar, int]]:
    """Return the heights of the chart in pixels, from zero."""
    most = max((bar.homes for bar in bars), default=0) or 1
    return [(bar, round(CHART_PIXELS * bar.homes / most)) for bar in bars]


def _sparks(bars: tuple[Bar, ...]) -> str:
    """Return the chart in characters."""
    most = max((bar.homes for bar in bars), default=0) or 1
    return "".join(_SPARKS[round((len(_SPARKS) - 1) * bar.homes / most)] for bar in bars)


def _decided(content: Content, language: str) -> str:
    """Return what was decided, in the language if it was written in it."""
    return content.decided.get(language) or next(iter(content.decided.values()), "")
