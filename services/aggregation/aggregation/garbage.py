"""The garbage collector, which finds next to nothing here: requests and batches make no cycles."""

import gc

YOUNG_OBJECTS = 50_000
"""How many objects may be made before cycles among them are looked for."""


def collect_rarely() -> None:
    """Let the collector pass over what stays as long as the process, and come less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
