"""The maintainers' dashboard at `/dashboard`: pages made by the server, which work without a script."""
