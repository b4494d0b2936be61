"""Tests of background/."""
