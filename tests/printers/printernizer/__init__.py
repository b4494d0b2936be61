"""Tests of Printernizer as a source."""
