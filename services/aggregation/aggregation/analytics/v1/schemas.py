"""The answers about statistics; all but the last two as protocol 1.0 has them."""

from datetime import date
from typing import Any

from pydantic import BaseModel


class Summary(BaseModel):
    """What there is in all."""

    total_submissions: int
    unique_installations: int
    latest_submission_at: str | None
    timestamp: str


class Day(BaseModel):
    """The homes of a day: `total` since the beginning, `active` on it."""

    date: date
    total: int
    active: int


class Installations(BaseModel):
    """How many homes there are."""

    total: int
    active_7d: int
    active_30d: int
    growth_7d_percent: float
    trend: list[Day]


class DeploymentModes(BaseModel):
    """How the homes run it."""

    total: int
    breakdown: dict[str, int]
    percentages: dict[str, float]
    display_names: dict[str, str]


class VersionShare(BaseModel):
    """A version and its homes."""

    version: str
    count: int
    percentage: float


class Versions(BaseModel):
    """The versions in use."""

    versions: list[VersionShare]
    latest_version: str | None
    adoption_rate_latest: float
    total_versions: int


class CountryShare(BaseModel):
    """A country and its homes."""

    code: str
    name: str
    count: int
    percentage: float


class Geography(BaseModel):
    """The countries of the homes."""

    countries: list[CountryShare]
    total_countries: int


class Printers(BaseModel):
    """The printers of the homes."""

    total_printers: int
    total_installations: int
    average_per_installation: float
    types: dict[str, int]


class FeatureShare(BaseModel):
    """A feature and its homes."""

    feature: str
    enabled: int
    disabled: int
    enabled_percent: float
    total_reporting: int


class Features(BaseModel):
    """The features in use."""

    features: list[FeatureShare]
    total_installations: int


class VersionDay(BaseModel):
    """The versions on a day."""

    date: date
    versions: dict[str, int]


class VersionMigration(BaseModel):
    """The versions over time."""

    migration: list[VersionDay]
    all_versions: list[str]


class FeatureUse(BaseModel):
    """The homes that have a feature on."""

    enabled: int
    percent: float


class FeatureDay(BaseModel):
    """The features on a day."""

    date: date
    total_installations: int
    features: dict[str, FeatureUse]


class FeatureTrends(BaseModel):
    """The features over time."""

    trends: list[FeatureDay]
    all_features: list[str]


class Errors(BaseModel):
    """The errors of the homes."""

    total_errors: int
    installations_with_errors: int
    error_types: dict[str, int]
    this_week_errors: int
    last_week_errors: int
    error_change_percent: float
    has_spike: bool


class Anomalies(BaseModel):
    """What is out of the ordinary; each has a type, a severity, a message and its numbers."""

    anomalies: list[dict[str, Any]]
    checked_at: str
    checks_performed: list[str]


class _Parts(BaseModel):
    """What overview and export have in common."""

    installations: Installations
    deployment_modes: DeploymentModes
    versions: Versions
    geography: Geography
    printers: Printers
    features: Features
    anomalies: Anomalies


class Overview(_Parts):
    """Everything at once."""

    last_updated: str


class Export(_Parts):
    """Everything at once, for keeping."""

    exported_at: str


class WeekValues(BaseModel):
    """The sums of a metric in an ISO week such as 2026-W47, by its values.

    It is complete once its reports have had a week to come in.
    """

    week: str
    values: dict[str, int]
    complete: bool


class Series(BaseModel):
    """A metric over the weeks, of all homes or of those with one property."""

    metric: str
    scope: str
    scope_value: str
    weeks: list[WeekValues]


class ActiveWeek(BaseModel):
    """The homes with a report about an ISO week, and about it and those before it."""

    week: str
    active: int
    active_4w: int
    active_13w: int
    new: int
    median_prints: int | None
    """Of the home in the middle: the smallest number of its bucket (0, 1, 2, 4, 8 ...)."""
    median_hours: int | None
    middle_success: float | None
    """Completed prints of the home in the middle, in percent."""
    complete: bool


class Activity(BaseModel):
    """The active homes over the weeks."""

    weeks: list[ActiveWeek]
