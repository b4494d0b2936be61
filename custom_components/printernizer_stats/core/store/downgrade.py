"""Downgrade of a statistics file, for an older release: one schema version back at each call.

Home Assistant must not run. Usage, in the configuration folder:
python3 -m custom_components.printernizer_stats.core.store.downgrade printernizer_stats.db
"""

from pathlib import Path
import sys
import time

from .engine import checkpoint, make_engine
from .migrations import current_version, downgrade


def main(arguments: list[str]) -> int:
    """Take the file one version back, and say so; returns the exit code."""
    if len(arguments) != 1 or not (file := Path(arguments[0])).is_file():
        sys.stderr.write(f"{__doc__}\n")
        return 2
    engine = make_engine(file)
    with engine.begin() as conn:
        before = current_version(conn)
        after = downgrade(conn, time.time())
    checkpoint(engine)
    sys.stdout.write(f"Schema {before} before, {after} now\n")
    return 0 if after < before else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
