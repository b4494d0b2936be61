import httpx

from aggregation import __version__
from aggregation.protocol.fields import V1_FIELDS, V2_FIELDS


def test_openapi_describes_both_reports(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    assert document["info"]["version"] == __version__
    operation = document["paths"]["/submit"]["post"]
    schemas = document["components"]["schemas"]
    for name, fields in (("ReportV1", V1_FIELDS), ("ReportV2", V2_FIELDS)):
        references = operation["requestBody"]["content"]["application/json"]["schema"]["anyOf"]
        assert {"$ref": f"#/components/schemas/{name}"} in references
        for path in fields:
            schema = schemas[name]
            for part in path.split("."):
                schema = schema["properties"][part]
            assert schema


def test_openapi_refers_to_what_is_there(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
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
