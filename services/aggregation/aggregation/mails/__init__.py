"""Mails: a summary of the last week, or of the last four, to those whom the settings name."""
