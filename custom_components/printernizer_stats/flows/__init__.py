"""Pages of the settings, and the forms and words that they are made of."""
