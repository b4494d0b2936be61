"""Tests of the rollups, on every kind of database."""
