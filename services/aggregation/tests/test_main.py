from pathlib import Path

from aggregation import __version__
from aggregation.dictionary import DICTIONARY
from aggregation.main import create_app
from tests.support import settings_for


def test_openapi_describes_the_report(database: Path) -> None:
    document = create_app(settings_for(database)).openapi()
    assert document["info"]["version"] == __version__
    operation = document["paths"]["/submit"]["post"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/Report"}
    assert operation["security"] == [{"APIKeyHeader": []}]
    schemas = document["components"]["schemas"]
    for path in DICTIONARY.report.fields:
        group, _, name = path.rpartition(".")
        schema = group.title().replace("_", "") or "Report"
        assert name in schemas[schema]["properties"]


def test_openapi_refers_to_what_is_there(database: Path) -> None:
    document = create_app(settings_for(database)).openapi()
    references = set(find_references(document))
    assert references
    names = document["components"]["schemas"]
    assert {reference.removeprefix("#/components/schemas/") for reference in references} <= {*names}


def find_references(value: object) -> list[str]:
    """Return all references in a document."""
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [ref for item in value.values() for ref in find_references(item)]
    if isinstance(value, list):
        return [ref for item in value for ref in find_references(item)]
    return []
