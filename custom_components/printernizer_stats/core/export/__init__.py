"""Export and import: everything that is held, as a document that can leave the house and come back."""
