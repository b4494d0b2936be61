"""Mails: what changed, once a week and once a month, to those who have confirmed that they want it."""
