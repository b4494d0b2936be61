"""Answers of the dashboard: pages, files, ways to other addresses, and why there is no other answer."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import SQLAlchemyError

from aggregation.dashboard.forms import PageError, check_origin, fields
from aggregation.dashboard.render import FILES, page
from aggregation.dashboard.view import ViewError
from aggregation.door import retry_after

HTML = "text/html; charset=utf-8"
RETRY_SECONDS = 30
_TITLES = {
    HTTPStatus.NOT_FOUND: "There is no such page",
    HTTPStatus.BAD_REQUEST: "This address cannot be shown",
    HTTPStatus.FORBIDDEN: "This is not allowed",
    HTTPStatus.CONFLICT: "This is over",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many tries",
    HTTPStatus.SERVICE_UNAVAILABLE: "The database is away",
}

type Answer = Callable[[Request], Response]
type Form = Mapping[str, str]
type Done = Callable[[Request, Form], Response]


def answered(answer: Answer) -> Answer:
    """Return what answers a request, and shows as a page why it cannot."""

    def route(request: Request) -> Response:
        """Answer."""
        try:
            return answer(request)
        except PageError as error:
            return failed(error)
        except ViewError as error:
            return failed(PageError(HTTPStatus.BAD_REQUEST, f"{error}."))
        except SQLAlchemyError:
            message = "Try again in a minute; nothing is lost."
            return failed(PageError(HTTPStatus.SERVICE_UNAVAILABLE, message, retry_after(RETRY_SECONDS)))

    return route


def sent(done: Done) -> Callable[[Request], Any]:
    """Return what takes a form that a page of ours has sent, and answers it."""

    async def route(request: Request) -> Response:
        """Answer."""
        body = await request.body()

        def answer(request: Request) -> Response:
            """Do what the form asks for."""
            check_origin(request.headers)
            return done(request, fields(body))

        return await run_in_threadpool(answered(answer), request)

    return route


def add_pages(
    router: APIRouter, shown: Mapping[str, Answer], done: Mapping[str, Done] = MappingProxyType({})
) -> None:
    """Add pages by their paths, and the forms on them."""
    for path, answer in shown.items():
        router.add_api_route(path, answered(answer), methods=["GET"])
    for path, doing in done.items():
        router.add_api_route(path, sent(doing), methods=["POST"])


def html(text: str, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Response:
    """Return a page as an answer."""
    return Response(text, status, headers=dict(headers or {}), media_type=HTML)


def to(address: str) -> Response:
    """Lead to another address with GET."""
    return Response(status_code=HTTPStatus.SEE_OTHER, headers={"Location": address})


def failed(error: PageError) -> Response:
    """Return a page that says why there is no other."""
    title = _TITLES.get(error.status, "This cannot be shown")
    return html(page("error", title=title, message=error.message), error.status, error.headers)


def file(name: str, request: Request) -> Response:
    """Return a file that the pages load."""
    found = FILES.get(name)
    if found is None:
        return failed(PageError(HTTPStatus.NOT_FOUND, "The dashboard has no file of this name."))
    headers = {"Vary": "Accept-Encoding"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(found.plain, headers=headers, media_type=found.media_type)
    headers["Content-Encoding"] = "gzip"
    return Response(found.zipped, headers=headers, media_type=found.media_type)
