from fastapi import HTTPException
import pytest

from aggregation.security import ApiKey


def test_right_key() -> None:
    ApiKey("right").check("right")


@pytest.mark.parametrize(
    ("given", "status", "detail"),
    [
        (None, 403, "Not authenticated"),
        ("", 403, "Not authenticated"),
        ("Right", 401, "Invalid API key"),
        ("right ", 401, "Invalid API key"),
        ("righ", 401, "Invalid API key"),
        ("r\xefght", 401, "Invalid API key"),
    ],
)
def test_wrong_key(given: str | None, status: int, detail: str) -> None:
    with pytest.raises(HTTPException) as caught:
        ApiKey("right").check(given)
    assert (caught.value.status_code, caught.value.detail) == (status, detail)
