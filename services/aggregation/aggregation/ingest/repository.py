"""Submissions in the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, insert, select

from aggregation.db import SUBMISSIONS

type Key = tuple[str, int]
"""An installation and the start of a period in Unix seconds: stored at most once."""

_STORED = (
    SUBMISSIONS.c.installation_id,
    SUBMISSIONS.c.period_start,
    SUBMISSIONS.c.id,
    SUBMISSIONS.c.body_sha256,
    SUBMISSIONS.c.received_day,
)
_SELECT = select(*_STORED)
_INSERT = insert(SUBMISSIONS).returning(*_STORED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A report to be stored; `columns` holds one value for each column but the id."""

    key: Key
    columns: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSubmission:
    """What is stored for a key: of these bytes or of others that came before."""

    submission_id: int
    body_sha256: str
    received_day: date


def store(connection: Connection, submissions: Sequence[Submission]) -> list[StoredSubmission]:
    """Insert what is not there yet; return what is then stored for each submission's key."""
    stored = _find(connection, submissions)
    fresh: dict[Key, Submission] = {}
    for submission in submissions:
        if submission.key not in stored:
            fresh.setdefault(submission.key, submission)
    stored |= _insert(connection, [dict(submission.columns) for submission in fresh.values()])
    return [stored[submission.key] for submission in submissions]


def _find(connection: Connection, submissions: Sequence[Submission]) -> dict[Key, StoredSubmission]:
    """Return what is stored for the installations of a batch."""
    ids = {submission.key[0] for submission in submissions}
    starts = {submission.key[1] for submission in submissions}
    statement = _SELECT.where(SUBMISSIONS.c.installation_id.in_(ids), SUBMISSIONS.c.period_start.in_(starts))
    return dict(_entry(*row) for row in connection.execute(statement))


def _insert(connection: Connection, rows: list[dict[str, object]]) -> dict[Key, StoredSubmission]:
    """Insert rows in as few statements as the database allows."""
    if not rows:
        return {}
    return dict(_entry(*row) for row in connection.execute(_INSERT, rows))


def _entry(
    installation_id: str, period_start: int, submission_id: int, sha256: str, day: date
) -> tuple[Key, StoredSubmission]:
    """Return a row of `_STORED` as key and value."""
    return (installation_id, period_start), StoredSubmission(
        submission_id=submission_id, body_sha256=sha256, received_day=day
    )
