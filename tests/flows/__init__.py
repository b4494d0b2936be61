"""Tests of the pages of the settings."""
