"""`python -m orchestrator.embedded demo`, and `… manage COMMAND` for a command beside a running demo."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from .demo import demo_environment, run_demo
from .programs import ROOT, Options
from .trouble import Trouble

DEFAULT_PORT = 8000


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["manage"]:
        return _manage(arguments[1:])
    try:
        run_demo(_options(arguments))
    except Trouble as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 1
    return 0


def _manage(arguments: list[str]) -> int:
    options = Options(var=_var(), port=DEFAULT_PORT)
    if not options.var.joinpath("secrets").is_dir():
        sys.stderr.write("There is no demo in this folder yet: run make demo first.\n")
        return 1
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(command, env=demo_environment(options), check=False).returncode


def _options(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser(prog="python -m orchestrator.embedded", description=__doc__)
    parser.add_argument("what", choices=["demo"])
    parser.add_argument("--workers", type=int, default=2, help="worker processes")
    parser.add_argument("--pod-start", default="2-6", help="seconds that a simulated pod takes")
    parser.add_argument("--seed", type=int, default=1, help="seed of the simulator")
    parser.add_argument("--fleet", type=Path, default=ROOT / "deploy/demo/fleet.yaml")
    parser.add_argument("--fast", action="store_true", help="do not sync the database to the disk")
    found = parser.parse_args(arguments)
    return Options(
        var=_var(),
        port=_port(),
        workers=found.workers,
        pod_start=found.pod_start,
        seed=found.seed,
        fleet=found.fleet.absolute(),
        fast=found.fast,
    )


def _var() -> Path:
    return Path(os.environ.get("DROVER_VAR") or ROOT / "var").absolute()


def _port() -> int:
    text = os.environ.get("DROVER_PORT") or str(DEFAULT_PORT)
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise Trouble("DROVER_PORT must be a port number, 1 to 65535.")
    return int(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
