"""What texts and icons of an integration may look like: the grammar of hassfest."""

import re
from typing import Any, Final

from homeassistant.helpers import config_validation as cv
import probatio

from .texts import placeholders

_KEY: Final = re.compile(r"(?!.*[_-]{2})[a-z0-9]([a-z0-9_-]*[a-z0-9])?")
_ADDRESS: Final = re.compile(r"(?i)(\w+://|www\.)[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,5}\b")


def _text(value: str) -> str:
    text = str(cv.string_with_no_html(value))
    if text != text.strip() or not text:
        raise probatio.Invalid("spaces around it")
    if "'{" in text or _ADDRESS.search(text) or "[%" in text:
        raise probatio.Invalid("a brace that the apostrophe before it quotes, an address or a reference")
    if not all(name.isidentifier() for name in placeholders(text)):
        raise probatio.Invalid("a placeholder that is no identifier")
    return text


def _plain(value: str) -> str:
    if placeholders(value):
        raise probatio.Invalid("no placeholders are replaced here")
    return _text(value)


def _icon(value: str) -> str:
    if not re.fullmatch(r"mdi:[a-z0-9-]+", value):
        raise probatio.Invalid("not an icon")
    return value


def _keyed(value: Any) -> dict[Any, Any]:
    return {probatio.Match(f"^{_KEY.pattern}$"): value}


def _optional(**fields: Any) -> dict[Any, Any]:
    return {probatio.Optional(name): value for name, value in fields.items()}


def _named(**more: Any) -> dict[Any, Any]:
    both = {probatio.Required("name"): _plain, probatio.Required("description"): _text}
    return {**both, **_optional(**more)}


_FIELDS: Final = {"data": _keyed(_plain), "data_description": _keyed(_text)}
_SECTION: Final = _optional(name=_plain, description=_text, **_FIELDS)
_STEP: Final = _optional(
    title=_text,
    description=_text,
    menu_options=_keyed(_plain),
    menu_option_descriptions=_keyed(_plain),
    sections=_keyed(_SECTION),
    submit=_plain,
    **_FIELDS,
)
_FLOW: Final = {
    probatio.Required("step"): _keyed(_STEP),
    **_optional(error=_keyed(_text), abort=_keyed(_text)),
}
_SUBENTRY: Final = {
    probatio.Required("entry_type"): _plain,
    probatio.Required("initiate_flow"): {
        probatio.Required("user"): _plain,
        **_optional(reconfigure=_plain),
    },
    **_FLOW,
}
_ENTITY: Final = _optional(
    name=_text,
    state=_keyed(_plain),
    unit_of_measurement=_plain,
    state_attributes=_keyed(_optional(name=_plain, state=_keyed(_plain))),
)
STRINGS_SCHEMA: Final = probatio.Schema(
    _optional(
        config=_FLOW,
        options=_FLOW,
        config_subentries=_keyed(_SUBENTRY),
        entity=_keyed(_keyed(_ENTITY)),
        exceptions=_keyed({probatio.Required("message"): _text}),
        issues=_keyed({probatio.Required("title"): _text, **_optional(description=_text, fix_flow=_FLOW)}),
        services=_keyed(_named(fields=_keyed(_named()))),
        triggers=_keyed(_named(fields=_keyed(_named()))),
        conditions=_keyed(_named(fields=_keyed(_named()))),
        system_health={"info": _keyed(_plain)},
        selector=_keyed(_optional(options=_keyed(_plain))),
        common=_keyed(_text),
    )
)
ICONS_SCHEMA: Final = probatio.Schema(
    _optional(
        entity=_keyed(_keyed(_optional(default=_icon, state=_keyed(_icon)))),
        services=_keyed({probatio.Required("service"): _icon}),
        triggers=_keyed({probatio.Required("trigger"): _icon}),
        conditions=_keyed({probatio.Required("condition"): _icon}),
    )
)
