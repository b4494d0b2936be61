"""The process that writes: `python -m aggregation.keeping FD`."""

import signal
import sys


def main() -> None:
    """Serve on the socket that the command line names; signals are for the service, which tells us."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    from aggregation.keeping.process_main import run  # noqa: PLC0415 - signals come while this takes its time

    run(int(sys.argv[1]))


if __name__ == "__main__":
    main()
