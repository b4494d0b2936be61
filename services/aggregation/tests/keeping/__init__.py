"""Tests of the storage, on every kind of database."""
