"""Tables of prints and events, statistics of any days, long-term statistics, and the backfill."""
