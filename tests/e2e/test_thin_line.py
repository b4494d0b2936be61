"""One real print travels the whole way."""

import hashlib

import pytest

from stack.once import TOLERANCE_SECONDS, completed_jobs, print_and_count
from stack.parts import Parts


def test_real_print_is_counted_exported_and_acknowledged(parts: Parts) -> None:
    integration = parts.integration
    before = integration.count("prints_completed")
    print_and_count(parts)

    export = integration.ask("export_data")
    jobs = completed_jobs(export)
    assert integration.count("prints_completed") == before + 1 == len(jobs)
    truth = parts.printer.last_print_seconds()
    assert jobs[-1]["duration_seconds"] == pytest.approx(truth, abs=TOLERANCE_SECONDS)

    preview = integration.ask("preview_report")
    answer = integration.ask("submit_now", sha256=preview["sha256"])
    digest = hashlib.sha256(preview["body"].encode()).hexdigest()
    assert preview["sha256"] == digest == answer["receipt"]["body_sha256"]
    assert integration.sensor("submission_status") == "sent"
