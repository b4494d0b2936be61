"""A stand-in for Printernizer: it answers as the captures do, and can do everything that is awkward."""

import asyncio
from copy import deepcopy
from datetime import UTC, datetime, timedelta
import json
from typing import Any, Final

from aiohttp import WSMsgType, web

from .captures import capture

VERSION: Final = "2.42.0"


def row(printer: str, status: str, progress: int | None = None, **more: Any) -> dict[str, Any]:
    """Return a printer as the list has it; a print is named if there is a progress."""
    job = {"name": more.pop("file", "benchy.gcode"), "status": "idle", "progress": progress}
    made: dict[str, Any] = deepcopy(capture("printers")[0]["response"]["printers"][0])
    made |= {
        "id": printer,
        "name": f"Printer {printer}",
        "status": status,
        "current_job": None if progress is None else job,
        "temperatures": {"bed": 21.3, "nozzle": 21.3},
        **more,
    }
    return made


class StandIn:
    """The app on the loopback network; tests set what its printers do."""

    def __init__(self) -> None:
        """Begin without a printer."""
        self.url = ""
        self.printers: list[dict[str, Any]] = []
        self.version: str | None = VERSION
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body: bytes | None = None
        self.shares = False
        self.stubborn = False
        self.credentials: str | None = None
        self.application: dict[str, Any] = capture("files_settings")[2]["response"]
        self.errors: dict[str, int] = {}
        self.asked: list[str] = []
        self.subscribed: list[str] = []
        self.open = asyncio.Event()
        self.open.set()
        self.cookies = 0
        self.leave_out: set[str] = set()
        self.is_looking = True
        self.clock = datetime(2026, 10, 14, 10, tzinfo=UTC)
        self._sockets: set[web.WebSocketResponse] = set()

    def application_of(self) -> web.Application:
        """Return the server's routes."""
        app = web.Application()
        # The second is as a proxy has it.
        for base in ("", "/printers"):
            app.router.add_get(f"{base}/ws", self._socket)
            app.router.add_get(f"{base}/api/v1/health", self._health)
            app.router.add_get(f"{base}/api/v1/printers", self._list)
            app.router.add_get(f"{base}/api/v1/settings/application", self._settings)
            app.router.add_get(f"{base}/api/v1/settings/watch-folders", self._folders)
            app.router.add_get(f"{base}/api/v1/errors/statistics", self._errors)
            app.router.add_get(f"{base}/api/v1/usage-stats/status", self._usage)
            app.router.add_post(f"{base}/api/v1/usage-stats/opt-out", self._opt_out)
        return app

    def show(self, printer: str, status: str, progress: int | None = None, **more: Any) -> None:
        """Let a printer be so from the next look on."""
        self.printers = [each for each in self.printers if each["id"] != printer]
        self.printers.append(row(printer, status, progress, **more))

    def look(self) -> None:
        """Let the app look at its printers once more."""
        if not self.is_looking:
            return
        self.clock += timedelta(seconds=30)
        for each in self.printers:
            if each["temperatures"] is not None:
                each["last_seen"] = self.clock.replace(tzinfo=None).isoformat()

    async def async_say(self, message: dict[str, Any] | str) -> None:
        """Say something on every socket."""
        text = message if isinstance(message, str) else json.dumps(message)
        for socket in self._sockets:
            await socket.send_str(text)

    async def async_tell(self, printer: str, word: str) -> None:
        """Tell the socket what a printer shows, with the printer's own word."""
        shown = next(each for each in self.printers if each["id"] == printer)
        job = shown["current_job"] or {}
        data = {
            "status": shown["status"],
            "message": f"Prusa status: {word}",
            "progress": job.get("progress"),
            "current_job": job.get("name"),
            "timestamp": shown["last_seen"],
        }
        await self.async_say({"type": "printer_status", "printer_id": printer, "data": data})

    async def async_hang_up(self) -> None:
        """Close all sockets."""
        for socket in list(self._sockets):
            await socket.close()

    @property
    def sockets(self) -> int:
        """How many sockets are open."""
        return len(self._sockets)

    async def _answer(self, request: web.Request, content: Any) -> web.Response:
        self.asked.append(f"{request.method} {request.path}")
        self.cookies += len(request.cookies)
        await self.open.wait()
        if self.credentials is not None and request.headers.get("Authorization") != self.credentials:
            return web.json_response({}, status=401)
        if self.body is not None:
            return web.Response(body=self.body)
        response = web.json_response(content, status=self.status, headers=self.headers)
        response.set_cookie("session", "a-cookie")
        return response

    async def _list(self, request: web.Request) -> web.Response:
        self.look()
        paging = {"page": 1, "limit": 100, "total_items": len(self.printers), "total_pages": 1}
        shown = [
            {name: value for name, value in each.items() if name not in self.leave_out}
            for each in self.printers
        ]
        return await self._answer(request, {"printers": shown, "pagination": paging})

    async def _health(self, request: web.Request) -> web.Response:
        health = capture("health")[0]["response"] | {"version": self.version}
        return await self._answer(request, health)

    async def _settings(self, request: web.Request) -> web.Response:
        return await self._answer(request, self.application)

    async def _folders(self, request: web.Request) -> web.Response:
        return await self._answer(request, capture("files_settings")[3]["response"])

    async def _errors(self, request: web.Request) -> web.Response:
        return await self._answer(request, {"statistics": {"categories": self.errors}})

    async def _usage(self, request: web.Request) -> web.Response:
        return await self._answer(request, {"service_available": True, "opted_in": self.shares})

    async def _opt_out(self, request: web.Request) -> web.Response:
        self.shares = self.shares and self.stubborn
        return await self._answer(request, {"success": True})

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            async for each in socket:
                if each.type is WSMsgType.TEXT:
                    await self._take(socket, json.loads(each.data))
        finally:
            self._sockets.discard(socket)
        return socket

    async def _take(self, socket: web.WebSocketResponse, said: dict[str, Any]) -> None:
        if said.get("type") == "subscribe_printer":
            self.subscribed.append(said["printer_id"])
            await socket.send_json({"type": "subscribed", "printer_id": said["printer_id"]})
