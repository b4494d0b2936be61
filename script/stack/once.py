"""The main job without a person: one print, counted, exported, reported and acknowledged."""

import hashlib
import json
from typing import Any

from .integration import SENSORS
from .parts import Parts
from .process import StackError, wait_until

JOB_SECONDS = 35
POLL_SECONDS = 5
TOLERANCE_SECONDS = 20  # Home Assistant looks at OctoPrint again after 10 seconds at the earliest


def print_and_count(parts: Parts, seconds: int = JOB_SECONDS) -> None:
    """Print one job and wait until the integration has counted it; raises StackError."""
    before = parts.integration.count("prints_completed")
    parts.printer.begin(parts.home, seconds)
    wait_counted(parts, before, seconds)


def wait_counted(parts: Parts, before: int, seconds: int) -> None:
    """Follow a job to its end and until it is counted beyond before; raises StackError."""
    wait_until(
        f"{parts.printer.name} ends its job",
        lambda: not parts.printer.step(parts.home),
        timeout=seconds + 120,
        interval=POLL_SECONDS,
    )
    wait_until(
        "the completed print is counted",
        lambda: parts.integration.count("prints_completed") > before,
        interval=1,
    )


def completed_jobs(export: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the data of the exported events that say a job was completed."""
    return [event["data"] for event in export["events"] if event["type"] == "job_completed"]


def require(condition: bool, reason: str) -> None:
    """Raise StackError with the reason unless the condition holds."""
    if not condition:
        raise StackError(reason)


def check_counted_once(parts: Parts, before: int) -> dict[str, Any]:
    """Return the export, after checking that it and the sensor have one more completed print."""
    export = parts.integration.ask("export_data")
    jobs = completed_jobs(export)
    counted = parts.integration.count("prints_completed")
    require(counted == before + 1, f"prints completed went from {before} to {counted}")
    require(len(jobs) == counted, f"{counted} prints counted, {len(jobs)} exported")
    measured, truth = jobs[-1]["duration_seconds"], parts.printer.last_print_seconds()
    difference = abs(measured - truth)
    reason = f"counted {measured} s, {parts.printer.name} says {truth:.0f} s"
    require(difference <= TOLERANCE_SECONDS, reason)
    print(f"Checked: counted once; {reason}.")
    return export


def check_acknowledged(parts: Parts) -> tuple[dict[str, Any], dict[str, Any]]:
    """Send the previewed report; return preview and answer after comparing their hashes."""
    preview = parts.integration.ask("preview_report")
    answer = parts.integration.ask("submit_now", sha256=preview["sha256"])
    digest = hashlib.sha256(preview["body"].encode()).hexdigest()
    receipt = answer["receipt"]["body_sha256"]
    require(preview["sha256"] == digest, "the preview's own hash is wrong")
    require(receipt == digest, f"the receipt names {receipt}, the previewed bytes are {digest}")
    print("Checked: the receipt's hash is the hash of the previewed bytes.")
    return preview, answer


def run_once(parts: Parts) -> None:
    """Do the whole line once, print what it gave, and check it; raises StackError."""
    before = parts.integration.count("prints_completed")
    print(f"{parts.printer.name} prints a job of about {JOB_SECONDS} seconds ...", flush=True)
    print_and_count(parts)
    export = check_counted_once(parts, before)
    preview, answer = check_acknowledged(parts)
    show("Counters", {key: parts.integration.sensor(key) for key in SENSORS})
    show("Export", {key: part for key, part in export.items() if key != "download_url"})
    print(f"\nReport, {preview['size']} bytes:\n{preview['body']}")
    show("Receipt", {key: answer[key] for key in ("submission_id", "receipt")})


def show(title: str, content: dict[str, Any]) -> None:
    """Print a titled piece of JSON."""
    print(f"\n{title}:\n{json.dumps(content, indent=2)}")
