# Home Assistant puts probatio in voluptuous' place at run time; this says so to mypy.
from probatio import *
