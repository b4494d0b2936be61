"""Report builder: freezes when a week is over and on request, and drafts what it would freeze now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from ..report_intervals import cut_end, week_end
from ..store.counts import interval_counts
from ..store.report_intervals import cut, open_interval, roll, withhold
from . import consent, delivery_stats, history, identity, outbox, service_info
from .outbox import ReportState, StoredReport
from .report import PROTOCOL_2, Agreement, InstallationInfo, Report, ReportIdentity, build, everything


class RefusedError(Exception):
    """The running interval cannot be closed and sent; `key` is a translation key."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The report of the running interval, whether it can be closed now, and those that are frozen already."""

    report: Report
    can_submit: bool
    frozen: list[StoredReport]
    dropped: int

    @property
    def waiting(self) -> list[StoredReport]:
        """Those that wait to be sent, oldest first."""
        return [each for each in self.frozen if each.state is ReportState.PENDING]

    @property
    def parked(self) -> list[StoredReport]:
        """Those that the service refused for good, oldest first."""
        return [each for each in self.frozen if each.state is ReportState.PARKED]

    @property
    def next(self) -> Report | StoredReport:
        """The running report, or the one that was closed today and waits."""
        return self.waiting[-1] if self.waiting and not self.can_submit else self.report

    @property
    def earlier(self) -> StoredReport | None:
        """The last report before the one that is shown."""
        start = str(self.next.start)
        return next((each for each in reversed(self.frozen) if each.start < start), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportBuilder:
    """Makes reports for one service, of what is known today (a UTC day)."""

    installation: InstallationInfo
    endpoint: str
    today: date
    pseudonymous: bool = False
    """Whether protocol 1 was agreed to for this endpoint."""

    def freeze(self, conn: Connection) -> None:
        """Freeze the report of every interval that is over; what has waited too long is given up.

        As long as the service has not said which protocol it speaks, the intervals wait as they are.
        """
        roll(conn, self.today)
        if not self.pseudonymous:
            outbox.withdraw_pseudonymous(conn)
        if service_info.is_ready(conn, self.endpoint, pseudonymous=self.pseudonymous):
            outbox.freeze_closed(conn, self._builder(conn))
        if dropped := outbox.drop_oldest(conn):
            delivery_stats.note_dropped(conn, dropped)

    def close_and_start(self, conn: Connection, agreement: Agreement) -> None:
        """End the running interval and freeze it under this agreement; what comes next is apart from it.

        A second time on one day there is no day left to report: what was counted in between stays here.
        """
        builder = self._builder(conn, agreement)
        roll(conn, self.today)
        outbox.freeze_closed(conn, builder)
        if cut(conn, self.today) is None:
            withhold(conn, self.today)
        else:
            outbox.freeze_closed(conn, builder)

    def preview(self, conn: Connection) -> Preview:
        """Return the report that would be sent now, and those that are frozen already; changes nothing."""
        current = open_interval(conn)
        assert current is not None
        end = cut_end(current.start, self.today)
        draft = self._builder(conn, looking=True)(
            interval_counts(conn, current.id), current.start, end or week_end(current.start)
        )
        return Preview(
            report=draft,
            can_submit=end is not None,
            frozen=outbox.all_reports(conn),
            dropped=delivery_stats.load(conn).dropped,
        )

    def close_early(self, conn: Connection, expected: str | None) -> StoredReport:
        """Close and freeze the running interval in the caller's transaction; returns the report to send.

        Raises RefusedError when nothing waits then, or not the bytes whose SHA-256 is expected.
        """
        self.freeze(conn)
        if cut(conn, self.today) is not None:
            self.freeze(conn)
        waiting = outbox.pending(conn)
        if not waiting:
            raise RefusedError("nothing_to_submit")
        if expected is None:
            return waiting[-1]
        for report in waiting:
            if report.sha256 == expected:
                return report
        raise RefusedError("preview_outdated")

    def _builder(
        self, conn: Connection, agreement: Agreement | None = None, *, looking: bool = False
    ) -> outbox.Build:
        """Return what makes reports, by default under the agreement that is in force.

        One who is only `looking` gets an identity neither made nor stored.
        """
        known = service_info.expected(conn, self.endpoint, pseudonymous=self.pseudonymous)
        second = known.protocol == PROTOCOL_2
        agreed = agreement or consent.agreement(conn) or everything()

        def name(start: date) -> str:
            if looking:
                return identity.look(conn, start if second else None)
            return identity.weekly(conn, start).id if second else identity.stable_id(conn)

        def make(counts: Mapping[str, int], start: date, end: date) -> Report:
            added = history.supplement(conn, self.installation.app_version, start, end) if second else None
            author = ReportIdentity(installation_id=name(start), agreement=agreed, supplement=added)
            return build(self.installation, counts, author, start, end, known.dictionary)

        return make
