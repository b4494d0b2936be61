"""Markdown that shows what people typed as text. Pure."""

import re
from typing import Final

_SPECIAL: Final = re.compile(r"[^\w\s]|_")


def harmless(name: str) -> str:
    """Return a name that people typed as text that is neither Markdown, HTML nor a template."""
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", " ".join(name.split()))
