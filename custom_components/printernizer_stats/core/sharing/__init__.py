"""Sharing: one weekly aggregate, from counters only, for those who switched it on."""
