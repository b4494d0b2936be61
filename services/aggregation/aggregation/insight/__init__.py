"""Insight: the process that works out what nobody asks for: alarms, and whatever else has its time.

One of several instances leads at a time. What is made is noted in the transaction that makes it, once for
each kind and week, so that an end at any moment neither loses nor repeats anything.
"""
