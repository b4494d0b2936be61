"""The profiles of printers behind Printernizer: data of the same form as of every integration."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from ...core.dictionary import DICTIONARY
from ..profiles import Profile, load

DOMAIN: Final = "printernizer"
APP_PROFILES: Final = load(Path(__file__).with_name("profiles.json"))
_OTHER: Final = "other"
_KINDS: Final = {"bambu_lab": "printernizer_bambu", "prusa_core": DOMAIN}


def profile_of(kind: str) -> Profile:
    """Return the profile of a printer by the app's word for its kind; an unknown kind is read as a Prusa."""
    if kind in _KINDS:
        return APP_PROFILES[_KINDS[kind]]
    profile = APP_PROFILES[DOMAIN]
    known = kind if kind in DICTIONARY.enums["printer_type"] else _OTHER
    return replace(profile, rules=replace(profile.rules, printer_type=known))
