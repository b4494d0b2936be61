"""Simulated fleet: made-up homes that report as real ones do, with the truth about each week beside it.

Everything follows from a plan and its seed. A week is a number as in `weeks`; all days are in UTC.
"""
