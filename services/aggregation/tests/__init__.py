"""Tests of the aggregation service."""
