"""A process that has imported what Home Assistants import, and whose copies become some."""
