"""Commands of the deployment, really run, with the settings of the deployment and nothing else."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping

from .offers import ROOT

TIMEOUT_S = 60


def run_manage(env: Mapping[str, str], *arguments: str) -> tuple[int, str]:
    """The exit code of a command of manage.py, and what it printed."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=alone(env), capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    return done.returncode, (done.stdout + done.stderr).strip()


def run_check(env: Mapping[str, str]) -> tuple[int, str]:
    """What `manage.py check --deploy` says of these settings."""
    return run_manage(env, "check", "--deploy")


def complaints(said: str) -> list[str]:
    """The ids of what a check finds wrong with the settings. What it finds in the code is not ours."""
    return re.findall(r"\b(?:security|drover)\.[A-Z]\d+", said)


def alone(env: Mapping[str, str]) -> dict[str, str]:
    """`env` with what every process needs, and without the settings of the tests."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **env}
