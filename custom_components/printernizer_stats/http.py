"""Downloads for administrators: everything as JSON, and the prints as CSV; authenticated and streamed."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from enum import StrEnum
from typing import Final

from aiohttp import web
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView
from homeassistant.helpers.translation import async_get_exception_message
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from yarl import URL

from . import clock
from .background.feature_use import EXPORTS, async_note_use
from .const import DOMAIN
from .core.export.archive import archive
from .core.export.document import document
from .core.store import STORE_ERRORS
from .history.tables import async_names, prints_csv
from .runtime import Runtime, loaded_runtime

EXPORT_PATH: Final = f"/api/{DOMAIN}/export"
PRINTS_PATH: Final = f"/api/{DOMAIN}/prints.csv"
_PIECE_BYTES: Final = 65536
LINK_MINUTES: Final = 10


class ExportForm(StrEnum):
    """One document, or a table for each section."""

    JSON = "json"
    ZIP = "zip"


_FORMS: Final = {
    ExportForm.JSON: (document, "application/json"),
    ExportForm.ZIP: (archive, "application/zip"),
}


@callback
def signed_link(hass: HomeAssistant, path: str, lasting: timedelta = timedelta(minutes=LINK_MINUTES)) -> str:
    """Return where the person who is signed in can download a path for so long."""
    return async_sign_path(hass, path, lasting)


@callback
def export_link(hass: HomeAssistant, form: ExportForm = ExportForm.JSON, *, identity: bool = False) -> str:
    """Return where the signed-in administrator can download everything for the next ten minutes.

    With `identity` it holds the secrets too that another machine needs to go on as this installation.
    """
    query = {"format": form.value, **({"identity": "true"} if identity else {})}
    return signed_link(hass, str(URL(EXPORT_PATH).with_query(query)))


class ExportView(HomeAssistantView):
    """Serves everything that is stored."""

    url = EXPORT_PATH
    name = f"api:{DOMAIN}:export"

    async def get(self, request: web.Request) -> web.StreamResponse:
        """Stream the export in the form that was asked for."""
        runtime = _allowed(request)
        try:
            form = ExportForm(request.query.get("format", ExportForm.JSON))
        except ValueError as error:
            raise web.HTTPBadRequest from error
        identity = request.query.get("identity") == "true"
        write, content_type = _FORMS[form]
        now = clock.now()
        return await _stream(
            request,
            runtime,
            lambda conn: write(conn, now, identity=identity),
            content_type,
            f"{DOMAIN}.{form}",
        )


class PrintsView(HomeAssistantView):
    """Serves the prints as a table."""

    url = PRINTS_PATH
    name = f"api:{DOMAIN}:prints"

    async def get(self, request: web.Request) -> web.StreamResponse:
        """Stream the prints."""
        runtime = _allowed(request)
        names = async_names(request.app[KEY_HASS], runtime)
        return await _stream(
            request, runtime, lambda conn: prints_csv(conn, names), "text/csv", f"{DOMAIN}_prints.csv"
        )


def _allowed(request: web.Request) -> Runtime:
    """Return the parts of the entry; raises for everyone but administrators, and while it is not loaded."""
    if not request["hass_user"].is_admin:
        raise Unauthorized
    if (runtime := loaded_runtime(request.app[KEY_HASS])) is None:
        raise web.HTTPServiceUnavailable
    return runtime


async def _stream(
    request: web.Request,
    runtime: Runtime,
    write: Callable[[Connection], Iterator[bytes]],
    content_type: str,
    name: str,
) -> web.StreamResponse:
    """Send what `write` yields as a file of that name; memory does not grow with it."""
    hass = request.app[KEY_HASS]
    async_note_use(hass, EXPORTS)
    response = web.StreamResponse(
        headers={
            "Content-Type": content_type,
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        }
    )
    with ExitStack() as stack:
        try:
            await runtime.async_catch_up()
            reader = await hass.async_add_executor_job(stack.enter_context, runtime.store.reader())
            pieces = write(reader)
            piece = await hass.async_add_executor_job(_take, pieces)
        except STORE_ERRORS as error:
            text = async_get_exception_message(DOMAIN, "storage_failed")
            raise web.HTTPServiceUnavailable(text=text) from error
        await response.prepare(request)
        try:
            while piece:
                await response.write(piece)
                piece = await hass.async_add_executor_job(_take, pieces)
        except SQLAlchemyError:
            # What is missing must not look like the end.
            if request.transport is not None:
                request.transport.abort()
            return response
    await response.write_eof()
    return response


def _take(pieces: Iterator[bytes]) -> bytes:
    """Gather the next stretch of the document; empty at its end."""
    taken = bytearray()
    for piece in pieces:
        taken += piece
        if len(taken) >= _PIECE_BYTES:
            break
    return bytes(taken)
