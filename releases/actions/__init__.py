"""People's writes: each checks the right, checks the state, changes, and leaves Events, in one
transaction. All raise `access.permissions.Denied` or `journal.core.reasons.Refused`; then nothing has
changed.
"""

from .lift import lift_hold, lift_veto, resume_the_line, stop_the_line
from .rollback import roll_back
from .start import start_build, start_release
from .steer import abort, approve, pause, resume, retry, skip

__all__ = [
    "abort",
    "approve",
    "lift_hold",
    "lift_veto",
    "pause",
    "resume",
    "resume_the_line",
    "retry",
    "roll_back",
    "skip",
    "start_build",
    "start_release",
    "stop_the_line",
]
