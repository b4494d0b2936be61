"""Tests on real programs: Home Assistant, OctoPrint, the service, Chromium."""
