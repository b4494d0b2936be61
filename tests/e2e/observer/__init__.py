"""A folder for PYTHONPATH: it makes a Python process note the connections that it opens."""
