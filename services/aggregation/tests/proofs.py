"""How heavy the heavy tests are: AGGREGATION_FULL_PROOFS=1 runs them whole, for minutes."""

import os

FULL_PROOFS = os.environ.get("AGGREGATION_FULL_PROOFS") == "1"
