"""Tests of the export and the import."""
