"""Fleet: what a statistics service tells its maintainers of all homes."""
