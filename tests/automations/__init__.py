"""Automations: triggers, conditions, blueprints, and the examples of the documentation."""
