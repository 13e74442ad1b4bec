"""The demo: the whole stack with the example fleet, from nothing to six Prods in service."""

import secrets
import sys
import time
from typing import Any

import yaml

from .files import read_json, write_json
from .layout import FreeBytes, Layout, free_bytes, is_free, open_layout
from .logins import LOGINS
from .programs import DATABASE, Options, Programs
from .supervisor import Stopped, Supervisor
from .trouble import Trouble


def run_demo(options: Options, read_free: FreeBytes = free_bytes) -> None:
    """Start everything, say so, and keep it running until SIGINT or SIGTERM. Raises Trouble."""
    began = time.monotonic()
    layout, lock = open_layout(options.var, read_free)
    with lock:
        if not is_free(options.port):
            raise Trouble(
                f"Port {options.port} is in use: stop what uses it, or set DROVER_PORT to another one."
            )
        _forget_last_run(layout)
        layout.forget_taken_ports()
        programs, supervisor = Programs(options, layout), Supervisor(layout)
        try:
            _bring_up(options, layout, programs, supervisor)
            _say_ready(layout, options, time.monotonic() - began)
            supervisor.run()
        except Stopped:
            pass
        finally:
            supervisor.stop()
            programs.postgres.forget()


def demo_environment(options: Options) -> dict[str, str]:
    """The environment of a command beside a running demo."""
    return Programs(options, Layout(options.var.absolute())).env("command", pool=0)


def _bring_up(options: Options, layout: Layout, programs: Programs, supervisor: Supervisor) -> None:
    stores, drover = programs.stores(), programs.drover()
    simulator, users = programs.simulator(_clusters(options)), programs.users()
    for name in LOGINS.values():
        layout.secret(f"password-{name}", lambda: secrets.token_urlsafe(9))
    _say("Starting PostgreSQL, Valkey and the simulated clusters …")
    programs.postgres.prepare()
    programs.valkey.prepare()
    supervisor.start(*stores, simulator, users)
    supervisor.await_ready(*stores)
    programs.postgres.create_database(DATABASE)
    supervisor.finish(programs.command("migrate", "migrate", "--verbosity", "0"))
    _say("Starting Drover …")
    supervisor.start(*drover)
    supervisor.await_ready(simulator)
    _say("Building the example fleet …")
    supervisor.finish(
        programs.command(
            "demo_fleet",
            *("demo_fleet", "--fleet", str(options.fleet), "--secrets", str(layout.secrets)),
            *("--simulator", str(programs.simulator_ready)),
            *("--gateway-port", str(layout.port("gateways", count=max(1, len(_edges(options)))))),
            *("--users", str(layout.users_plan)),
        )
    )
    supervisor.await_ready(*drover, users)
    write_json(layout.demo, _summary(layout, programs))


def _summary(layout: Layout, programs: Programs) -> dict[str, Any]:
    return {
        "url": programs.url,
        "logins": {
            role: {"username": name, "password": layout.secret(f"password-{name}")}
            for role, name in LOGINS.items()
        },
        "token": layout.secret("ci-token"),
        "simulator": read_json(programs.simulator_ready)["control"],
        "users": programs.users_url,
        "kubeconfig": str(layout.kubeconfig),
    }


def _say_ready(layout: Layout, options: Options, seconds: float) -> None:
    demo = read_json(layout.demo)
    _say(f"\nDrover is ready after {seconds:.0f} s:  {demo['url']}\n")
    for role, login in demo["logins"].items():
        _say(f"  {role:16} {login['username']:8} {login['password']}")
    _say(
        f"\n  also in {layout.demo}, with a token for CI; logs in {layout.logs}"
        f"\n  kubectl --kubeconfig {layout.kubeconfig} --context {_clusters(options)[0]} get pods -A"
        "\n\nCtrl-C stops everything; the data stays."
    )


def _clusters(options: Options) -> list[str]:
    return _names(options, "clusters") + _edges(options)


def _edges(options: Options) -> list[str]:
    return _names(options, "edges")


def _names(options: Options, what: str) -> list[str]:
    return [cluster["name"] for cluster in yaml.safe_load(options.fleet.read_text()).get(what, [])]


def _forget_last_run(layout: Layout) -> None:
    for path in (
        *layout.run.glob("*.ready"),
        *layout.run.glob("*.json"),
        *layout.held.iterdir(),
        layout.demo,
    ):
        path.unlink(missing_ok=True)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
