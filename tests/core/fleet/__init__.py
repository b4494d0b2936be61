"""Tests of what a service tells its maintainer."""
