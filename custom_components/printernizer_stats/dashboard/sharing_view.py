"""Sharing view: what is shared, to the byte, and what can be done with it; for administrators. Pure."""

from typing import Final

from ..const import DOMAIN
from .cards import SETTINGS_PATH, Action, Card, go, headed, markdown, rows, section, shortcut, view
from .home import Owner, Sharing
from .texts import Texts

_STATUS: Final = (
    "submission_status",
    "last_submission",
    "next_submission",
    "events_stored",
    "storage_status",
)


def sharing_view(fleet: Owner, sharing: Sharing, texts: Texts) -> Card:
    """Return the view of sharing and of one's own data."""
    sections = [
        section(
            [
                *headed(texts("sharing"), "mdi:cloud-outline", _status(fleet, sharing, texts)),
                *headed(texts("your_data"), "mdi:database-outline", _data(sharing, texts)),
            ]
        ),
        section(headed(texts("next_report"), "mdi:file-eye-outline", _report(sharing, texts)), span=2),
    ]
    return view(texts("data"), "data", "mdi:shield-account-outline", sections)


def _status(fleet: Owner, sharing: Sharing, texts: Texts) -> list[Card]:
    state = texts(f"sharing_{sharing.state}")
    settings = shortcut(texts("settings"), texts("settings_what"), "mdi:cog-outline", go(SETTINGS_PATH))
    return [markdown(state, text_only=True), *rows(fleet.having(*_STATUS)), settings]


def _report(sharing: Sharing, texts: Texts) -> list[Card]:
    """The report as it would go now, and a button that sends exactly this."""
    cards = [
        markdown(texts("next_report_what"), text_only=True),
        markdown(f"`{sharing.body}`"),
    ]
    if sharing.state == "on" and sharing.can_submit:
        action = _confirmed("submit_now", {"sha256": sharing.sha256}, texts("submit_sure"))
        cards.append(shortcut(texts("submit"), texts("submit_what"), "mdi:cloud-upload-outline", action))
    return cards


def _data(sharing: Sharing, texts: Texts) -> list[Card]:
    delete = _confirmed("delete_data", {"confirm": True, "remote": True}, texts("delete_sure"))
    return [
        shortcut(
            texts("export"), texts("export_what"), "mdi:database-export", _download(sharing.export_link)
        ),
        shortcut(texts("export_csv"), texts("export_csv_what"), "mdi:table", _download(sharing.prints_link)),
        shortcut(texts("delete"), texts("delete_what"), "mdi:database-remove", delete, color="red"),
    ]


def _confirmed(name: str, data: dict[str, object], question: str) -> Action:
    """An action of ours that is performed only after the question was answered with yes."""
    return {
        "action": "perform-action",
        "perform_action": f"{DOMAIN}.{name}",
        "data": data,
        "confirmation": {"text": question},
    }


def _download(link: str) -> Action:
    return {"action": "url", "url_path": link}
