"""Ingest: a report comes in, is judged, stored and acknowledged."""
