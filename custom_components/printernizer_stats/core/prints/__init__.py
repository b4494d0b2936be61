"""Print sessions: what is seen of a printer, turned into prints. No clock, no storage, no Home Assistant."""
