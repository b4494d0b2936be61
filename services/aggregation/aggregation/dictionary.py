"""The dictionary: the one declaration of what a report may hold.

`dictionary.json` is a copy of the integration's file. Here it is only read and made typed.
"""

from importlib.resources import files
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Frozen(BaseModel):
    """A part of the dictionary; keys that the service has no use for are ignored."""

    model_config = ConfigDict(frozen=True, strict=True)


class _Declared(_Frozen):
    """What every field of a report declares."""

    required: bool = False
    nullable: bool = False
    category: str = "base"
    also: str | None = None
    """A second category that it needs."""
    turn: str | None = None
    """In protocol 2.0, told in the weeks of this turn only; None: in all."""
    untold: str | None = None
    """What a required field holds in the other weeks."""
    protocol: Literal["1.0", "2.0"] = "1.0"
    """The first protocol that has the field."""
    since: int = 1
    """The first version of the dictionary that has the field."""


class TextField(_Declared):
    """A string of a fixed form."""

    type: Literal["uuid", "version", "month_version", "country", "instant", "sha256"]


class ConstField(_Declared):
    """A string with one permitted value."""

    type: Literal["const"]
    value: str


class EnumField(_Declared):
    """One member of an enum."""

    type: Literal["enum"]
    enum: str


class IntField(_Declared):
    """A whole number between two bounds, both included."""

    type: Literal["int"]
    min: int
    max: int


class BoolField(_Declared):
    """True or false."""

    type: Literal["bool"]


class ListField(_Declared):
    """A list of members of an enum."""

    type: Literal["list"]
    enum: str
    max_items: int


class MapField(_Declared):
    """A map from members of an enum to numbers or flags."""

    type: Literal["map"]
    enum: str
    value: Annotated[IntField | BoolField, Field(discriminator="type")]


type FieldSpec = Annotated[
    TextField | ConstField | EnumField | IntField | BoolField | ListField | MapField,
    Field(discriminator="type"),
]


class Experiment(_Frozen):
    """Two or more ways of doing something, of which homes draw one at home.

    `population` is the share of homes in percent, `measure` what the ways are compared by.
    """

    variants: list[str]
    population: Annotated[int, Field(ge=1, le=100)]
    horizon_weeks: Annotated[int, Field(ge=1)]
    measure: str


class ReportSpec(_Frozen):
    """The fields of a weekly report by dotted path, and the limits of the whole.

    The id of a week draws one of the turns: which of the fields that tell homes apart are told in it.
    """

    schema_version: str
    max_bytes: int
    max_period_days: int
    turns: list[str]
    fields: dict[str, FieldSpec]


class Dictionary(_Frozen):
    """The part of the dictionary that the service needs."""

    version: int
    categories: dict[str, str]
    enums: dict[str, list[str]]
    aliases: dict[str, dict[str, str]]
    experiments: dict[str, Experiment]
    report: ReportSpec

    @model_validator(mode="after")
    def _check_references(self) -> Self:
        """Refuse an alias or a field that leads nowhere."""
        for enum, names in self.aliases.items():
            if not set(names.values()) <= set(self.enums[enum]):
                message = f"an alias of {enum} leads to an undeclared member"
                raise ValueError(message)
        for name, experiment in self.experiments.items():
            if name not in self.enums["experiment"] or not {*experiment.variants} <= {*self.enums["variant"]}:
                message = f"the experiment {name} or a variant of it is an undeclared word"
                raise ValueError(message)
        for path, spec in self.report.fields.items():
            if spec.turn is not None and spec.turn not in self.report.turns:
                message = f"{path} is told in a turn that there is not"
                raise ValueError(message)
            if spec.required and spec.since > 1:
                message = f"{path} cannot be required of those who agreed to less"
                raise ValueError(message)
            if isinstance(spec, EnumField | ListField | MapField) and spec.enum not in self.enums:
                message = f"{path} uses the undeclared enum {spec.enum}"
                raise ValueError(message)
        return self


DICTIONARY = Dictionary.model_validate_json(files(__package__).joinpath("dictionary.json").read_bytes())
