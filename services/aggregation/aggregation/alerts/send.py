"""Sending: an alarm to a webhook or to Alertmanager. Everything here blocks."""

import base64
from collections.abc import Callable, Mapping
import hashlib
import hmac
import json
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from aggregation.alerts.deliveries import ALERTMANAGER, WEBHOOK, Delivery, Told
from aggregation.alerts.words import title_of

TIMEOUT_SECONDS = 10.0
NAME = "PrinternizerStatistics"

type Sender = Callable[[Delivery, int], None]
"""Sends something at a moment (Unix seconds); raises SendError."""


class SendError(Exception):
    """It has not arrived; the message holds no address."""


class _NoRedirect(HTTPRedirectHandler):
    """Follows nobody elsewhere: what is sent is for one address."""

    def redirect_request(self, *_args: object, **_options: object) -> None:
        """Follow nowhere."""


_OPENER = build_opener(_NoRedirect)


def to_webhook(url: str, secret: str) -> Sender:
    """Return what sends to a webhook, signed as https://www.standardwebhooks.com has it."""

    def send(delivery: Delivery, now: int) -> None:
        """Send the delivery as it is kept: the same bytes at each try."""
        _post(url, delivery.body.encode(), signed(secret, f"alarm_{delivery.id}", now, delivery.body))

    return send


def to_alertmanager(url: str) -> Sender:
    """Return what sends to Alertmanager."""

    def send(delivery: Delivery, _now: int) -> None:
        """Send the alarm as Alertmanager knows alerts."""
        _post(f"{url}/api/v2/alerts", json.dumps([as_alert(delivery.told)]).encode(), {})

    return send


def signed(secret: str, identifier: str, now: int, body: str) -> Mapping[str, str]:
    """Return the headers of a webhook."""
    text = f"{identifier}.{now}.{body}".encode()
    signature = base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": identifier,
        "webhook-timestamp": str(now),
        "webhook-signature": f"v1,{signature}",
    }


def as_alert(told: Told) -> dict[str, object]:
    """Return an alarm as Alertmanager takes it."""
    return {
        "labels": {
            "alertname": NAME,
            "cause": told.cause,
            "severity": "critical" if told.is_strong else "warning",
        },
        "annotations": {"summary": title_of(told.cause), "description": " ".join(told.sentences)},
        "startsAt": told.starts_at,
        "endsAt": told.ends_at,
    }


def senders(webhook: tuple[str, str] | None, alertmanager: str | None) -> dict[str, Sender]:
    """Return what sends on each channel that there is."""
    found: dict[str, Sender] = {}
    if webhook:
        found[WEBHOOK] = to_webhook(*webhook)
    if alertmanager:
        found[ALERTMANAGER] = to_alertmanager(alertmanager.rstrip("/"))
    return found


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Post JSON; raises SendError unless it is taken."""
    request = Request(url, body, {"Content-Type": "application/json", **headers}, method="POST")  # noqa: S310 - settings allow only http and https
    try:
        with _OPENER.open(request, timeout=TIMEOUT_SECONDS):
            return
    except HTTPError as error:
        error.close()
        raise SendError(f"answered with {error.code}") from None
    except (URLError, OSError, ValueError) as error:
        raise SendError(type(error).__name__) from None
