from typing import Any

from pydantic import ValidationError
import pytest

from aggregation.db import SUBMISSIONS
from aggregation.dictionary import DICTIONARY, Dictionary
from aggregation.ingest.service import COLUMNS

NOT_STORED = {"schema_version", "period.start", "period.end", "period.duration_days"}


def dumped() -> dict[str, Any]:
    return DICTIONARY.model_dump()


def test_alias_is_folded() -> None:
    assert DICTIONARY.fold("printer_type", "prusa_core") == "prusa"
    assert DICTIONARY.fold("printer_type", "prusa") == "prusa"
    assert "prusa_core" in DICTIONARY.names("printer_type")
    assert DICTIONARY.names("feature") == tuple(DICTIONARY.enums["feature"])


def test_every_declared_field_has_its_column() -> None:
    assert COLUMNS.keys() | NOT_STORED == DICTIONARY.report.fields.keys()
    own = {"id", "period_start", "period_end", "protocol", "body_sha256", "received_day"}
    assert {column.name for column in SUBMISSIONS.columns} == {*COLUMNS.values(), *own}


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
