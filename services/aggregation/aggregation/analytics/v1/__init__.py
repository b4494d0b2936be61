"""The statistics of protocol 1.0: frozen shapes, read through the query core."""
