"""The page of the dashboard about mails."""
