"""A recount by brute force of what every panel of the dashboard should say, from what homes sent alone."""
