"""Judging: whether a figure has changed, by how much, and how sure that is.

Numbers in, typed verdicts out: no database, no web, nothing beside the standard library, no randomness.
The same numbers give the same verdict, byte for byte. How often each rule errs is measured by
`benchmarks/run verdicts` and `benchmarks/run alarms`, which run these very functions.
"""
