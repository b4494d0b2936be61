"""The closed value space: every key of a sum is known in advance, and what is not is `other`.

So nobody can make sums grow by inventing values, and no invented one is ever shown.
"""

from collections.abc import Iterable
from functools import lru_cache
import re

from packaging.version import InvalidVersion, Version

from aggregation import __version__

OTHER = "other"
OLD = "old"
"""By its name, but in pairs of versions as another one."""
NAMED_VERSIONS = 200
"""So many of the newest known versions are counted by name."""
RECENT_VERSIONS = 30
"""So many of them also in pairs of the version before and after: at most 31 x 31 of those in a week."""
PYTHON_MAJOR = 3
PYTHON_MINORS = range(6, 31)
HOME_ASSISTANT_YEARS = range(2024, 2041)
_HOME_ASSISTANT = re.compile(r"(\d{4})\.(\d{1,2})(?!\d)")
_CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT
BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH
ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT
HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS
LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI
NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG
SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG
UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
"""
COUNTRIES = frozenset(_CODES.split())
"""ISO 3166-1, and XK, which is what everybody writes for Kosovo."""
_SAME_COUNTRY = {"UK": "GB"}


class KnownVersions:
    """The versions that were released."""

    def __init__(self, versions: Iterable[str]) -> None:
        """Take them in normal form; the one that this service was released with is always known."""
        self._all = {*versions, __version__}
        newest = sorted(self._all, key=Version, reverse=True)
        self._named = frozenset(newest[:NAMED_VERSIONS])
        self._recent = frozenset(newest[:RECENT_VERSIONS])

    def counted_as(self, version: str | None) -> str | None:
        """Return how a version is counted: None by its name everywhere, or OLD, or OTHER."""
        if version is None or version in self._recent:
            return None
        return OLD if version in self._named else OTHER

    def counted_anew(self, version: str | None, before: str | None) -> str | None:
        """Return how a version is counted that was before: a name is kept though newer ones have come."""
        if version in self._all and before != OTHER:
            return before
        return self.counted_as(version)


@lru_cache(maxsize=4)
def known_versions(versions: frozenset[str]) -> KnownVersions:
    """Return known versions, put in order once."""
    return KnownVersions(versions)


@lru_cache(maxsize=256)
def python_version(text: str | None) -> str:
    """Return the two numbers of a version of Python; `other` where there is none of these."""
    try:
        release = Version(text or "").release
    except InvalidVersion:
        return OTHER
    is_known = len(release) > 1 and release[0] == PYTHON_MAJOR and release[1] in PYTHON_MINORS
    return f"{release[0]}.{release[1]}" if is_known else OTHER


@lru_cache(maxsize=256)
def home_assistant_version(text: str) -> str:
    """Return year and month of a version of Home Assistant; `other` where there is none of these."""
    found = _HOME_ASSISTANT.match(text)
    if found is None or int(found[1]) not in HOME_ASSISTANT_YEARS or int(found[2]) not in range(1, 13):
        return OTHER
    return f"{int(found[1])}.{int(found[2])}"


def country(code: str) -> str | None:
    """Return a country there is; None of one that is not told (XX), of EU, ZZ and states that are no more."""
    code = _SAME_COUNTRY.get(code, code)
    return code if code in COUNTRIES else None
