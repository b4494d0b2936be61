"""A count of everything that simulated homes sent, by code that the service does not know."""
