"""SQL that takes over what was laid out in `staged_*`; `:longest` is the one counter that is no sum."""

from typing import Final

EVENTS: Final = (
    """
    INSERT INTO event_types (event_type)
    SELECT DISTINCT type FROM staged_events WHERE type NOT IN (SELECT event_type FROM event_types)
    """,
    """
    INSERT INTO usage_printers (printer_key)
    SELECT printer FROM staged_printers
    UNION SELECT printer FROM staged_events WHERE printer IS NOT NULL
    EXCEPT SELECT printer_key FROM usage_printers
    """,
    """
    INSERT INTO event_data (hash, shared_data)
    SELECT fnv1a_32(data), data FROM (
        SELECT data FROM staged_events WHERE data != '{}' EXCEPT SELECT shared_data FROM event_data
    )
    """,
    # Each event as often as the file has it more often than we do.
    """
    INSERT INTO usage_events (event_type_id, data_id, printer_id, interval_id, time_fired_ts)
    SELECT event_type_id, data_id, printer_id, ours, time
    FROM (
        SELECT t.event_type_id, p.printer_id, span.ours, s.time, s.id,
               (SELECT d.data_id FROM event_data d
                WHERE d.hash = fnv1a_32(s.data) AND d.shared_data = s.data) AS data_id,
               row_number() OVER (PARTITION BY s.time, s.type, s.printer, s.data ORDER BY s.id) AS nth
        FROM staged_events s
        JOIN event_types t ON t.event_type = s.type
        LEFT JOIN usage_printers p ON p.printer_key = s.printer
        LEFT JOIN staged_spans span ON span.theirs = s.interval
    ) new
    WHERE nth > (
        SELECT count(*) FROM usage_events old
        WHERE old.event_type_id = new.event_type_id AND old.time_fired_ts = new.time
          AND old.data_id IS new.data_id AND old.printer_id IS new.printer_id
    )
    ORDER BY id
    """,
)
# A file's own part is what it counted itself. The sum of what only grows is its clock: only a later state
# than the one that was imported last changes anything.
COUNTERS: Final = (
    "DROP TABLE IF EXISTS temp.staged_parts",
    """
    CREATE TEMP TABLE staged_parts AS
    SELECT :origin AS origin, scope, period, printer, metric,
           iif(metric = :longest, value, value - coalesce(
               (SELECT sum(i.value) FROM staged_imports i
                WHERE (i.scope, i.period, i.printer, i.metric) = (c.scope, c.period, c.printer, c.metric)),
               0)) AS value
    FROM staged_counters c
    WHERE scope IN ('total', 'day') AND metric != :stored
    UNION ALL
    SELECT origin, scope, period, printer, metric, value FROM staged_imports
    """,
    "UPDATE staged_parts SET value = 0 WHERE value < 0 AND metric != :cost",
    """
    DELETE FROM staged_parts
    WHERE origin = :own OR origin NOT IN (
        SELECT origin
        FROM (SELECT origin, sum(value) AS clock FROM staged_parts
              WHERE scope = 'total' AND metric NOT IN (:longest, :cost) GROUP BY origin) new
        WHERE clock > coalesce(
            (SELECT sum(value) FROM usage_imports known
             WHERE known.origin = new.origin AND scope = 'total' AND metric NOT IN (:longest, :cost)),
            0)
    )
    """,
    """
    INSERT INTO usage_aggregates (scope, period, printer_key, metric, value)
    SELECT scope, period, printer, metric,
           iif(metric = :longest, max(value), sum(value - coalesce(
               (SELECT k.value FROM usage_imports k
                WHERE (k.origin, k.scope, k.period, k.printer_key, k.metric)
                    = (s.origin, s.scope, s.period, s.printer, s.metric)),
               0)))
    FROM staged_parts s
    WHERE true
    GROUP BY scope, period, printer, metric
    ON CONFLICT (scope, period, printer_key, metric) DO UPDATE
    SET value = iif(metric = :longest, max(value, excluded.value), value + excluded.value)
    """,
    """
    INSERT OR REPLACE INTO usage_imports (origin, scope, period, printer_key, metric, value)
    SELECT origin, scope, period, printer, metric, value FROM staged_parts
    """,
    # What the file claims to have had before may be more than it has now.
    """
    UPDATE usage_aggregates SET value = max(0, min(value, 9007199254740992))
    WHERE metric != :cost AND value NOT BETWEEN 0 AND 9007199254740992
    """,
    "DROP TABLE temp.staged_parts",
)
LAST_PRINTS: Final = """
    INSERT INTO usage_last_prints
        (printer_key, result, ended_ts, printed_by, duration_seconds, filament_mm, filament_g)
    SELECT printer, result, ended, printed_by, duration_seconds, filament_mm, filament_g
    FROM staged_last_prints WHERE true
    ON CONFLICT (printer_key) DO UPDATE
    SET result = excluded.result, ended_ts = excluded.ended_ts, printed_by = excluded.printed_by,
        duration_seconds = excluded.duration_seconds, filament_mm = excluded.filament_mm,
        filament_g = excluded.filament_g
    WHERE excluded.ended_ts > usage_last_prints.ended_ts
"""
# What is confirmed in either file is confirmed. No address that a file names is called: of services other
# than the one in use only what is over is taken.
DELETIONS: Final = """
    INSERT INTO usage_deletions
        (installation_id, endpoint, client_key, week_day, key_seed, requested_ts, confirmed_ts, receipt)
    SELECT installation_id, endpoint, client_key, week, unhex(key), requested, confirmed, receipt
    FROM staged_deletions WHERE confirmed IS NOT NULL OR endpoint IN ('', :endpoint)
    ON CONFLICT (installation_id, endpoint) DO UPDATE
    SET confirmed_ts = excluded.confirmed_ts, requested_ts = excluded.requested_ts,
        receipt = excluded.receipt, client_key = NULL, key_seed = NULL
    WHERE usage_deletions.confirmed_ts IS NULL AND excluded.confirmed_ts IS NOT NULL
"""
NEW_SPAN: Final = """
    INSERT INTO usage_intervals (start_day, end_day, state) VALUES (:start, :end, 'closed')
    RETURNING interval_id
"""
NEW_REPORT: Final = (
    "INSERT INTO staged_spans (theirs, ours) VALUES (:interval, :ours)",
    """
    INSERT INTO usage_aggregates (scope, period, printer_key, metric, value)
    SELECT scope, CAST(:ours AS TEXT), printer, metric, value FROM staged_counters
    WHERE scope = 'interval' AND period = CAST(:interval AS TEXT)
    """,
    """
    INSERT INTO usage_reports
        (interval_id, state, body, body_sha256, attempts, answered_ts, answer_status, receipt, endpoint)
    VALUES (:ours, :state, CAST(:body AS BLOB), :sha256, :attempts, :answered, :status, :receipt, :endpoint)
    """,
)
# A report that waits here and was answered there is not sent again.
ANSWERED: Final = """
    UPDATE usage_reports
    SET state = :state, attempts = max(attempts, :attempts), answered_ts = :answered,
        answer_status = :status, receipt = :receipt, endpoint = :endpoint
    WHERE body_sha256 = :sha256
"""
