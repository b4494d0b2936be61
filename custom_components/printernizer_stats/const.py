"""Constants that more than one room needs."""

from datetime import date
from typing import Final

DOMAIN: Final = "printernizer_stats"
NAME: Final = "Printernizer Usage Statistics"

PROJECT_URL: Final = "https://github.com/printernizer/printernizer-stats"
PRIVACY_URL: Final = f"{PROJECT_URL}/blob/main/docs/privacy.md"
DEFAULT_ENDPOINT: Final = "https://stats.printernizer.com/submit"
# A constant that every client of the project ships: it tells clients apart from crawlers, it is no secret.
DEFAULT_CLIENT_KEY: Final = "printernizer-stats-api-key"

CONF_PRINTERS: Final = "printers"
CONF_DECLINED: Final = "declined"
CONF_SUCCESSOR: Final = "successor"
CONF_MIN_PRINT_SECONDS: Final = "min_print_seconds"
CONF_MERGE_SECONDS: Final = "merge_seconds"
CONF_GRACE_SECONDS: Final = "grace_seconds"
CONF_LOST_HOURS: Final = "lost_hours"
CONF_RETENTION_DAYS: Final = "retention_days"
CONF_BACKFILL: Final = "backfill"
CONF_MANUAL: Final = "manual"
CONF_ENERGY: Final = "energy"
CONF_METER: Final = "meter"
CONF_PRICE: Final = "price"
CONF_PRICE_SENSOR: Final = "price_sensor"
CONF_SHARE: Final = "share"
CONF_SERVER: Final = "server"
CONF_ENDPOINT: Final = "url"
CONF_CLIENT_KEY: Final = "client_key"
CONF_DELETE_SENT: Final = "delete_sent"
CONF_AT_ONCE: Final = "at_once"
CONF_DASHBOARD: Final = "dashboard"
CONF_COMMUNITY: Final = "community"
CONF_READ_KEY: Final = "read_key"
"""Whether to receive the public numbers; as long as it was never answered, a card may ask."""
CONF_CATEGORIES: Final = "categories"
CONF_AGREE: Final = "agree"
CONF_INCLUDE_PAST: Final = "include_past"
CONF_CONSENT: Final = "consent"
CONF_PSEUDONYMOUS: Final = "pseudonymous"
"""The endpoint that reports of protocol 1 were agreed to go to."""
CONF_REFUSAL: Final = "refusal"

DEFAULT_MIN_PRINT_SECONDS: Final = 60
DEFAULT_MERGE_SECONDS: Final = 60
DEFAULT_GRACE_SECONDS: Final = 180
DEFAULT_LOST_HOURS: Final = 24
DEFAULT_RETENTION_DAYS: Final = 730
MAX_MAINTENANCE_HOURS: Final = 10000
DATABASE_FILE: Final = f"{DOMAIN}.db"
EVENT_USAGE: Final = f"{DOMAIN}_event"

EARLIEST_DAY: Final = date(2026, 1, 1)
"""Earlier than any release: a clock that says less is wrong. Later with each release."""
WEEK_DAYS: Final = 7
KEPT_WEEKS: Final = 26
"""How far back reports are kept, or made after all."""
HOUR_SECONDS: Final = 3600
DAY_SECONDS: Final = 24 * HOUR_SECONDS

# Decimals of hours, meters, kilometers and kilograms, where they are shown.
HOURS_PRECISION: Final = 3
METERS_PRECISION: Final = 1
KILOMETERS_PRECISION: Final = 2
KILOGRAMS_PRECISION: Final = 2
