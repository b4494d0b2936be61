"""A bad network, and homes that are killed in it."""
