from typing import Any

from pydantic import ValidationError
import pytest

from aggregation.dictionary import DICTIONARY, Dictionary
from aggregation.protocol.columns import COLUMNS
from aggregation.protocol.fields import V1, V2
from aggregation.storage.schema import SUBMISSIONS


def dumped() -> dict[str, Any]:
    return DICTIONARY.model_dump()


def test_every_declared_field_has_its_column() -> None:
    own = {"id", "week", "installation_id", "period_start", "protocol", "body_sha256", "content_sha256"}
    own |= {"receipt_kid", "received_day", "days_since_received", "weeks_since_error"}
    own |= {"app_version_as", "previous_version_as", "printernizer_as", "is_apart", "told_from"}
    assert {column.name for column in SUBMISSIONS.columns} == {*COLUMNS[V2].values(), *own}
    assert COLUMNS[V1].items() <= COLUMNS[V2].items()


def test_alias_to_nowhere() -> None:
    document = dumped()
    document["aliases"]["printer_type"]["old"] = "undeclared"
    with pytest.raises(ValidationError, match="alias of printer_type"):
        Dictionary.model_validate(document)


def test_field_of_no_enum() -> None:
    document = dumped()
    document["report"]["fields"]["error_summary"]["enum"] = "undeclared"
    with pytest.raises(ValidationError, match="error_summary uses the undeclared enum"):
        Dictionary.model_validate(document)


def test_later_fields_are_never_required() -> None:
    document = dumped()
    document["report"]["fields"]["installation.platform"]["since"] = 2
    with pytest.raises(ValidationError, match="cannot be required of those who agreed to less"):
        Dictionary.model_validate(document)
