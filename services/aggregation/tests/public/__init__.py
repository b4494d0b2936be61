"""Tests of the public numbers."""
