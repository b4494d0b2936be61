"""Rollups: sums over submissions, kept exact, from which all statistics are read."""
