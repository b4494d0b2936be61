"""What the pages may load, and what else a browser is told."""

import httpx
import pytest

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}


def policy(answer: httpx.Response) -> dict[str, str]:
    """Return the directives of the one policy of an answer."""
    (text,) = answer.headers.get_list("content-security-policy")
    return dict(part.strip().split(" ", 1) for part in text.split(";"))


@pytest.mark.parametrize(
    "path", ["", "/login", "/homes", "/nothing", "/static/dashboard.js", "/homes/active.csv"]
)
def test_pages_load_what_lies_beside_them_and_nothing_else(looking: httpx.Client, path: str) -> None:
    answer = looking.get(f"/dashboard{path}")
    assert policy(answer) == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/", "/health", "/stats/summary", "/nothing", "/dashboards"])
def test_what_is_no_page_loads_nothing_at_all(looking: httpx.Client, path: str) -> None:
    answer = looking.get(path)
    assert set(policy(answer).values()) == {"'none'"}
    assert answer.headers["cache-control"] == "no-store"


def test_pages_are_kept_nowhere_and_files_for_good(looking: httpx.Client) -> None:
    page = looking.get("/dashboard/homes")
    assert page.headers["cache-control"] == "no-store"
    address = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
    file = looking.get(address)
    assert "immutable" in file.headers["cache-control"]
    assert file.headers["content-encoding"] == "gzip"
    assert looking.get(address, headers={"Accept-Encoding": "identity"}).text == file.text


def test_no_page_names_another_host_or_has_a_script_or_style_in_it(looking: httpx.Client) -> None:
    page = looking.get("/dashboard/homes").text
    for text in ("http:", "https:", "//", " style=", "<style", " onclick"):
        assert text not in page
    assert page.count("<script") == page.count('<script src="/dashboard/static/') + page.count(
        '<script type="application/json"'
    )
