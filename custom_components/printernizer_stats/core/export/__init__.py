"""Everything that is held, as a document that can leave the house and come back: export and import."""
