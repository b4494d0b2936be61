"""Tests of what is needed to run the service."""
