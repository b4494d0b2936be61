"""Storage: everything that is kept, in one database."""
