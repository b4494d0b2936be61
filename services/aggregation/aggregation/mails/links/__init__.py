"""What the links in mails lead to."""
