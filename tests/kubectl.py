"""The kubectl of all tests: the one in the virtual environment, which .ci/kubectl puts there; never the machine's."""

import sys
from pathlib import Path

KUBECTL = str(Path(sys.executable).parent / "kubectl")
OLDEST = (1, 35)  # of which the Kubernetes project still mends mistakes
