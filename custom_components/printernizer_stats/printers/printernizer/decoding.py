"""Answers of Printernizer, read by an allow-list: what is not named here is dropped unseen.

Its list of printers holds keys, serial numbers, addresses and names of files in clear. Of those nothing is
kept but fingerprints of what tells one machine from another. Times are naive and of mixed zones: none is
read as a time. Raises AnswerError for what is no answer of the app.
"""

from collections.abc import Iterator, Mapping
import re
from typing import Any, Final
import zlib

from .fingerprint import fingerprint
from .sighting import STATUSES, Heard, Listed, Sighting, Traits, Transfer

# The words of printers that are known; any other text says nothing.
WORDS: Final = frozenset(
    {"attention", "busy", "failed", "finish", "finished", "idle", "pause", "prepare", "running", "stopped"}
)
_WORD: Final = re.compile(r"(?:Prusa status|Status): ([A-Za-z]{1,20})")
_VERSION: Final = re.compile(r"\d{1,4}(\.\d{1,4}){1,3}")
_LONGEST_TEXT: Final = 200
# Shorter ones agree by chance.
_SERIAL_LENGTH: Final = 8
_FEATURES: Final = {
    "library_enabled": "library_enabled",
    "timelapse_enabled": "timelapse_enabled",
    "job_creation_auto_create": "auto_job_creation_enabled",
}
_ENDED: Final = {"completed": False, "failed": True}
_MOST_ERRORS: Final = 1_000_000
_WHOLE: Final = 100


class AnswerError(ValueError):
    """What came is no answer of Printernizer; nothing of it is in the text."""


def printers(answer: object) -> list[Listed]:
    """Read a page of the list of printers; a row without an id or a status is left out."""
    rows = _object(answer).get("printers")
    if not isinstance(rows, list):
        raise AnswerError("no list of printers")
    return [listed for row in rows if isinstance(row, Mapping) and (listed := _listed(row)) is not None]


def pages(answer: object) -> int:
    """Return how many pages the list has."""
    paging = _object(answer).get("pagination")
    count = paging.get("total_pages") if isinstance(paging, Mapping) else None
    return count if type(count) is int else 1


def message(answer: object) -> Heard | Transfer | None:
    """Read a message of the socket; None for all that says nothing."""
    if not isinstance(answer, Mapping) or not isinstance(data := answer.get("data"), Mapping):
        return None
    if answer.get("type") == "printer_status":
        printer, status = _text(answer.get("printer_id")), data.get("status")
        if printer is None or status not in STATUSES:
            return None
        return Heard(id=printer, sighting=_heard(data, str(status)))
    if answer.get("type") == "system_event" and answer.get("event_type") == "download_progress":
        return _transfer(data)
    return None


def version(answer: object) -> str | None:
    """Read the app's version from its health; raises AnswerError when it is not the app that answers."""
    known = _object(answer)
    if known.get("status") not in ("healthy", "degraded", "unhealthy") or "version" not in known:
        raise AnswerError("no health")
    text = _text(known["version"])
    return text if text and _VERSION.fullmatch(text) else None


def features(application: object, folders: object) -> dict[str, bool]:
    """Read which features are on; what is not told is left out."""
    told = {ours: _flag(application, theirs) for theirs, ours in _FEATURES.items()}
    told["watch_folders_enabled"] = _flag(folders, "enabled")
    return {feature: enabled for feature, enabled in told.items() if enabled is not None}


def shares(answer: object) -> bool | None:
    """Read whether the app sends statistics by itself."""
    return _flag(answer, "opted_in")


def errors(answer: object) -> dict[str, int] | None:
    """Read how many errors its pages had in the last day, by the dictionary's kinds."""
    told = answer.get("statistics") if isinstance(answer, Mapping) else None
    counts = told.get("categories") if isinstance(told, Mapping) else None
    if not isinstance(counts, Mapping):
        return None
    sums: dict[str, int] = {}
    for category, count in counts.items():
        if type(count) is int and 0 < count <= _MOST_ERRORS:
            kind = "connection_error" if category == "network" else "other_error"
            sums[kind] = sums.get(kind, 0) + count
    return sums


def _listed(row: Mapping[str, Any]) -> Listed | None:
    printer, status, job = _text(row.get("id")), row.get("status"), row.get("current_job")
    if printer is None or status not in STATUSES:
        return None
    seen = row.get("last_seen")
    return Listed(
        id=printer,
        name=_text(row.get("name")) or "",
        kind=str(row.get("printer_type"))[:_LONGEST_TEXT],
        sighting=Sighting(
            status=status,
            progress=_percent(job.get("progress")) if isinstance(job, Mapping) else None,
            job=isinstance(job, Mapping),
            file=_file(job.get("name")) if isinstance(job, Mapping) else None,
            # Temperatures are there from the first answer of the printer on.
            asked=not (status == "online" and "temperatures" in row and row["temperatures"] is None),
            mark=zlib.crc32(seen.encode()) if isinstance(seen, str) else None,
        ),
        traits=_traits(row),
    )


def _traits(row: Mapping[str, Any]) -> Traits:
    config = row.get("connection_config")
    inner = config if isinstance(config, Mapping) else {}
    serials = [inner.get("serial_number"), row.get("id")]
    hosts = {_host(value) for value in (row.get("ip_address"), inner.get("ip_address"))}
    name = _text(row.get("name"))
    return Traits(
        serials=frozenset(
            fingerprint(each) for each in serials if isinstance(each, str) and len(each) >= _SERIAL_LENGTH
        ),
        hosts=frozenset(fingerprint(host) for host in hosts if host),
        name=fingerprint(name) if name else None,
    )


def _host(value: object) -> str:
    """The host in what may be an address with a scheme and a port."""
    return value.rpartition("//")[2].partition("/")[0].partition(":")[0] if isinstance(value, str) else ""


def _heard(data: Mapping[str, Any], status: str) -> Sighting:
    job = isinstance(data.get("current_job"), str) and bool(data["current_job"])
    return Sighting(
        status=status,
        progress=_percent(data.get("progress")) if job else None,
        job=job,
        file=_file(data.get("current_job")),
        word=next(_words(data.get("message")), None),
        mark=zlib.crc32(told.encode()) if isinstance(told := data.get("timestamp"), str) else None,
    )


def _file(name: object) -> str | None:
    return fingerprint(name.strip()) if isinstance(name, str) and name.strip() else None


def _words(text: object) -> Iterator[str]:
    """The printer's own word in what the app says of it, if it is a known one."""
    found = _WORD.fullmatch(text) if isinstance(text, str) else None
    if found is not None and found[1].casefold() in WORDS:
        yield found[1].casefold()


def _transfer(data: Mapping[str, Any]) -> Transfer | None:
    file, status = _text(data.get("download_id")), data.get("status")
    if file is None or status not in _ENDED:
        return None
    return Transfer(file=fingerprint(file), failed=_ENDED[status])


def _percent(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _WHOLE:
        return None
    return int(value)


def _flag(answer: object, name: str) -> bool | None:
    value = answer.get(name) if isinstance(answer, Mapping) else None
    return value if isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST_TEXT else None


def _object(answer: object) -> Mapping[str, Any]:
    if not isinstance(answer, Mapping):
        raise AnswerError("no object")
    return answer
