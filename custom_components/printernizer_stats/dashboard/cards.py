"""Cards of Home Assistant's own, as its dashboards are written down. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

type Card = dict[str, Any]
type Action = dict[str, Any]

SETTINGS_PATH: Final = "/config/integrations/integration/printernizer_stats"
LEFT: Final = "left"
RIGHT: Final = "right"
_OWN_NAME: Final = {"type": "entity"}
_COLORS: Final = {
    "prints_completed": "green",
    "prints_failed": "red",
    "prints_cancelled": "amber",
}


def section(cards: Iterable[Card], *, span: int = 1) -> Card:
    """Return a section that is `span` columns wide."""
    return {"type": "grid", "column_span": span, "cards": list(cards)}


def view(title: str, path: str, icon: str, sections: Iterable[Card], **more: Any) -> Card:
    """Return a view; sections without a card are left out."""
    filled = [each for each in sections if each["cards"]]
    return {
        "type": "sections",
        "title": title,
        "path": path,
        "icon": icon,
        "show_icon_and_title": True,
        "max_columns": 3,
        "sections": filled,
        **more,
    }


def headed(text: str, icon: str, cards: Iterable[Card], **more: Any) -> list[Card]:
    """Return the cards below a heading, nothing if there are none."""
    below = list(cards)
    return [{"type": "heading", "heading": text, "icon": icon, **more}, *below] if below else []


def tile(entity_id: str, **more: Any) -> Card:
    """Return a tile that shows an entity under its own name, without its device's."""
    return {"type": "tile", "entity": entity_id, "name": _OWN_NAME, **more}


def rows(entity_ids: Iterable[str]) -> list[Card]:
    """Return a card that lists entities under their own names; nothing for none."""
    listed = [{"entity": each, "name": _OWN_NAME} for each in entity_ids]
    return [{"type": "entities", "entities": listed, "show_header_toggle": False}] if listed else []


def badge(entity_id: str) -> Card:
    """Return a badge of an entity with its own name."""
    return {"type": "entity", "entity": entity_id, "name": _OWN_NAME, "show_name": True}


def series(entities: Mapping[str, str], *keys: str) -> list[Card]:
    """Return what a chart shows of those keys that are there, outcomes in their colors."""
    return [
        {
            "entity": entities[key],
            "name": _OWN_NAME,
            **({"color": _COLORS[key]} if key in _COLORS else {}),
        }
        for key in keys
        if key in entities
    ]


def chart(shown: list[Card], *, period: str, days: int) -> list[Card]:
    """Return a bar chart of what was added in each day, week or month; nothing for no series."""
    if not shown:
        return []
    card = {
        "type": "statistics-graph",
        "entities": shown,
        "stat_types": ["change"],
        "period": period,
        "days_to_show": days,
        "chart_type": "bar-stack",
        "hide_legend": len(shown) == 1,
        "grid_options": {"columns": "full"},
    }
    return [card]


def markdown(content: str, **more: Any) -> Card:
    """Return a card with text in Markdown; nothing in it is taken for a template."""
    return {
        "type": "markdown",
        "content": f"{{% raw %}}{content}{{% endraw %}}",
        "grid_options": {"columns": "full"},
        **more,
    }


def table(columns: Mapping[str, str], lines: Iterable[Iterable[str]]) -> Card:
    """Return a card that a table fills, of these columns by their heads: LEFT or RIGHT.

    It is HTML, since a table in Markdown is only as wide as its text.
    """
    sides = list(columns.values())
    written = [_line("th", columns, sides), *(_line("td", cells, sides) for cells in lines)]
    return markdown("\n".join(['<table width="100%">', *written, "</table>"]))


def _line(tag: str, cells: Iterable[str], sides: Iterable[str]) -> str:
    """A row of a table."""
    written = (f'<{tag} align="{side}">{cell}</{tag}>' for cell, side in zip(cells, sides, strict=True))
    return f"<tr>{''.join(written)}</tr>"


def shortcut(label: str, description: str, icon: str, action: Action, **more: Any) -> Card:
    """Return a button with a word about what it does."""
    return {
        "type": "shortcut",
        "label": label,
        "description": description,
        "icon": icon,
        "tap_action": action,
        "grid_options": {"columns": "full"},
        **more,
    }


def empty_state(title: str, content: str, icon: str, buttons: Iterable[tuple[str, str]]) -> Card:
    """Return a card for where nothing is to be shown yet; buttons are texts with the path they lead to."""
    return {
        "type": "empty-state",
        "title": title,
        "content": content,
        "icon": icon,
        "buttons": [{"text": text, "tap_action": go(path)} for text, path in buttons],
        "grid_options": {"columns": "full"},
    }


def go(path: str) -> Action:
    """Return the action that opens a page of Home Assistant."""
    return {"action": "navigate", "navigation_path": path}
