"""Reports in an export: declared in every field, and exactly what their hashes say."""

from collections.abc import Mapping
import hashlib
import json
from typing import Any

from ..dictionary import DICTIONARY, DictionaryError


def check_report(row: Mapping[str, Any]) -> None:
    """Raise DictionaryError unless the text of the report is one that could have been sent."""
    body = row["body"].encode()
    if len(body) > DICTIONARY.report_max_bytes:
        raise DictionaryError("too_long", "body")
    if hashlib.sha256(body).hexdigest() != row["sha256"]:
        raise DictionaryError("invalid_value", "sha256")
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise DictionaryError("invalid_value", "body") from error
    if not isinstance(content, dict):
        raise DictionaryError("invalid_value", "body")
    DICTIONARY.check_report(content)
