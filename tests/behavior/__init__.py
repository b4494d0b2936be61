"""Tests of what holds across rooms."""
