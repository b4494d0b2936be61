"""Printers: profiles, entities, events, meters, and one session for each printer."""
