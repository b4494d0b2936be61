"""Where facts come from: entities of printers and the life cycle of Home Assistant."""
