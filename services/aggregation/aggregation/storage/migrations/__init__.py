"""The revisions of the schema, and how a database is brought to one of them."""
