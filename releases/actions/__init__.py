"""People's writes: each checks the right, checks the state, changes, and leaves Events, in one
transaction. All raise `access.permissions.Denied` or `journal.core.reasons.Refused`; then nothing has
changed.
"""

from .automation import resume_automation, set_auto_failover, stop_automation
from .change import start_change, start_retire, start_scale
from .failover import start_failback, start_leaving
from .heal import check_drift, heal_prod, set_self_heal
from .hold import lift_hold_of, set_hold
from .lift import lift_hold, lift_veto, resume_the_line, stop_the_line
from .provision import apply_specs, preview_specs
from .resuming import resume
from .rollback import roll_back
from .start import start_build, start_release
from .steer import abort, approve, pause, retry, skip
from .taking_back import take_back_moves
from .vetoes import veto

__all__ = [
    "abort",
    "apply_specs",
    "approve",
    "check_drift",
    "heal_prod",
    "lift_hold",
    "lift_hold_of",
    "lift_veto",
    "pause",
    "preview_specs",
    "resume",
    "resume_automation",
    "resume_the_line",
    "retry",
    "roll_back",
    "set_auto_failover",
    "set_hold",
    "set_self_heal",
    "skip",
    "start_build",
    "start_change",
    "start_failback",
    "start_leaving",
    "start_release",
    "start_retire",
    "start_scale",
    "stop_automation",
    "stop_the_line",
    "take_back_moves",
    "veto",
]
