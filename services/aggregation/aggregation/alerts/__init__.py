"""Alerts: what is watched, and what becomes of it: one alarm for each cause, with its evidence.

`observe` takes the numbers of a settled week from the sums, `judge` compares them with those of the weeks
before, `causes` groups what is found, and `alarms` keeps it. All weeks are settled ones, as numbers.
"""
