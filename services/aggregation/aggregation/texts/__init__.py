"""Texts: what alarms and mails say, in each language that somebody can choose."""
