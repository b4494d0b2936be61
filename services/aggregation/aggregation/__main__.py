"""`python -m aggregation` is the command line of the service."""

import sys

from aggregation.cli import main

if __name__ == "__main__":
    sys.exit(main())
