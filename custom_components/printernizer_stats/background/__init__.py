"""Background work: timers, retention, sending reports, and deletions at the service."""
