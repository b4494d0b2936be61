"""Writes the results of the simulation, of all integrations or of those that are named: script/simulate."""

import sys

from .run import write

write(sys.argv[1:])
