"""Ends what its owner started, should the owner die without doing so itself.

A program of its own, which knows nothing of Drover. It reads lines from its standard input, whose other
end only the owner holds: `+PID` adds the process group PID, `-PID` forgets it. When the pipe closes, the
owner is gone: every group left gets SIGINT (to PostgreSQL that means: stop now, cleanly), then SIGKILL.
"""

import os
import signal
import sys
import time

GRACE_S = 3.0


def main() -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        change, group = line[0], int(line[1:])
        groups.add(group) if change == "+" else groups.discard(group)
    _end(groups)


def _end(groups: set[int]) -> None:
    for signum in (signal.SIGINT, signal.SIGKILL):
        groups = {group for group in groups if _sent(group, signum)}
        deadline = time.monotonic() + GRACE_S
        while groups and time.monotonic() < deadline:
            time.sleep(0.05)
            groups = {group for group in groups if _sent(group, 0)}


def _sent(group: int, signum: int) -> bool:
    """Whether there was somebody in the group."""
    try:
        os.killpg(group, signum)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
