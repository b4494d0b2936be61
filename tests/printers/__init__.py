"""Tests of printers/."""
