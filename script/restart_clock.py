"""A pytest plugin: each test begins at PRINTERNIZER_TEST_MOMENT, and time goes on from there.

libfaketime, which is loaded into the process, reads anew in each call what to add to the time.
"""

from datetime import datetime
import os
import time

import pytest

_VARIABLE = "FAKETIME"


def _set(moment: datetime) -> None:
    """Set the clock of this process, and of those that it starts, to a local time."""
    real = time.time() - float(os.environ[_VARIABLE])
    os.environ[_VARIABLE] = f"{moment.timestamp() - real:+.6f}"


# Before conftest.py and the tests are imported, which may take the day of it.
_set(datetime.fromisoformat(os.environ["PRINTERNIZER_TEST_MOMENT"]))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Set the clock before the fixtures of a test are made."""
    _set(datetime.fromisoformat(os.environ["PRINTERNIZER_TEST_MOMENT"]))
