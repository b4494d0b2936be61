"""Statistics: everything is read from the rollups, nothing from single reports."""
