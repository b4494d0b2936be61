"""Tests of the public numbers as they are read at home."""
