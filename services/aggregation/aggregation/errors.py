"""Domain errors: why a request is not served.

What judges raises one of these and knows no HTTP; `door.py` alone says which status each of them is.
"""

from typing import Any

WAIT_SECONDS = 60
"""When to come again to what is away or busy."""


class ServiceError(Exception):
    """A request is not served; `detail` says why and repeats no value.

    `wait` is how many seconds later it may succeed, None where waiting does not help.
    """

    def __init__(self, detail: Any, *, wait: float | None = None) -> None:
        """Take what the answer says."""
        super().__init__(detail if isinstance(detail, str) else type(self).__name__)
        self.detail = detail
        self.wait = wait


class UnprovenError(ServiceError):
    """It is not proven who asks: an unknown key, a wrong proof, none where one is needed."""


class ForbiddenError(ServiceError):
    """Who asks gave no key, or may not do this."""


class ConflictError(ServiceError):
    """Something else is there already, or something that is needed is not."""


class GoneError(ServiceError):
    """It was here, and does not come back."""


class InvalidError(ServiceError):
    """What was sent is not as declared."""


class TooManyError(ServiceError):
    """Asked too often."""


class UpstreamError(ServiceError):
    """Another server did not do its part."""


class UnavailableError(ServiceError):
    """Nothing was done; the same request may succeed later."""

    def __init__(self, detail: str, *, wait: float = WAIT_SECONDS) -> None:
        """Take what the answer says, and when to come again."""
        super().__init__(detail, wait=wait)
