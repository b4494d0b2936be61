"""Printernizer, the app, as a source: what it says of its printers, over its interface and its socket."""
