"""`python -m simulator`: see `simulator.cli`."""

import os
import sys

from simulator.cli import main

code = main()
sys.stdout.flush()
sys.stderr.flush()
os._exit(code)  # taking a large store apart object by object would last a second
