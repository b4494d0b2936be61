"""How a person publishes the report of a month."""
