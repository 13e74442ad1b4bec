"""The manifests of deploy/kubernetes/base against what the code offers, as they are written."""

from collections.abc import Callable
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from . import offers
from .manifests import (
    FOLDER,
    SECRET,
    SPEAKERS,
    load_base,
    manifest_problems,
    of_kind,
    open_ports,
    pod,
    processes,
    workloads,
)
from .running import complaints, run_check

Objects = list[dict[str, Any]]
Change = Callable[[Objects], Any]


def test_the_base_asks_for_nothing_that_the_code_does_not_offer() -> None:
    assert list(manifest_problems(load_base())) == []


def _main(name: str, *path: Any, to: Any) -> Change:
    """Sets something of the main container of a component."""
    return lambda objects: _put(pod(workloads(objects)[name])["containers"][0], path, to)


def _pod(name: str, *path: Any, to: Any) -> Change:
    return lambda objects: _put(pod(workloads(objects)[name]), path, to)


def _of(kind: str, place: int, *path: Any, to: Any) -> Change:
    return lambda objects: _put(of_kind(objects, kind)[place], path, to)


def _without(kind: str, name: str) -> Change:
    def change(objects: Objects) -> None:
        objects[:] = [one for one in objects if (one["kind"], one["metadata"]["name"]) != (kind, name)]

    return change


def _put(node: Any, path: tuple[Any, ...], to: Any) -> None:
    for key in path[:-1]:
        node = node[key]
    if to is None:
        del node[path[-1]]
    else:
        node[path[-1]] = to


MAPS, NETS, BUDGETS = "ConfigMap", "NetworkPolicy", "PodDisruptionBudget"
BROKEN: dict[str, tuple[Change, str]] = {
    "a command that is not there": (_main("observer", "command", 2, to="observe"), "no command observe"),
    "an option that is not there": (_main("worker", "command", 4, to="--pol"), "No such option"),
    "a queue without messages": (_main("worker", "command", 9, to="q"), "nothing is sent to the queue q"),
    "a queue without a worker": (
        _without("Deployment", "drover-worker-emergency"),
        "nobody serves the queue",
    ),
    "another application": (_main("web", "command", 1, to="orchestrator.asgi:app"), "does not define"),
    "no migration": (_without("Job", "drover-migrate"), "there is no migrate"),
    "a variable that nobody reads": (_of(MAPS, 0, "data", "DROVER_URI", to="x"), "nothing reads DROVER_URI"),
    "a variable that is missing": (
        _of(MAPS, 0, "data", "DROVER_REDIS_URL_FILE", to=None),
        "beat: DROVER_REDIS_URL is not given",
    ),
    "no settings for the wait": (
        _pod("web", "initContainers", 0, "envFrom", to=[]),
        "web: migrated: DROVER_SECRET_KEY is not given",
    ),
    "too few connections": (_main("worker", "env", 1, "value", to="8"), "worker: 8 connections are too few"),
    "no waiting for the migration": (_pod("beat", "initContainers", to=[]), "wait for the migration"),
    "no liveness": (_main("beat", "livenessProbe", to=None), "beat: it has no livenessProbe"),
    "no readiness": (_main("web", "readinessProbe", to=None), "web: it has no readinessProbe"),
    "no startup": (_main("observer", "startupProbe", to=None), "observer: it has no startupProbe"),
    "a probe of a page that is not there": (
        _main("web", "livenessProbe", "httpGet", "path", to="/health"),
        "asks where nobody answers",
    ),
    "a probe of a port that is not there": (_main("web", "ports", 0, "name", to="web"), "nobody answers"),
    "a probe of another queue": (
        _main("worker", "livenessProbe", "exec", "command", 5, to="emergency"),
        "no probe asks for the queue default",
    ),
    "a probe of a file that nobody writes": (
        _main("beat", "readinessProbe", "exec", "command", 2, to="/tmp/up"),
        "nothing writes /tmp/up",
    ),
    "a probe that has no time": (_main("beat", "livenessProbe", "timeoutSeconds", to=1), "no time to start"),
    "a liveness that is only a file": (
        _main("beat", "livenessProbe", "exec", "command", to=["test", "-f", "/tmp/ready"]),
        "not for progress",
    ),
    "root": (_pod("web", "securityContext", "runAsNonRoot", to=False), "web: it may run as root"),
    "system calls": (_pod("web", "securityContext", "seccompProfile", to=None), "not filtered"),
    "the node's network": (_pod("worker", "hostNetwork", to=True), "shares the node"),
    "privileges": (_main("web", "securityContext", "privileged", to=True), "may gain privileges"),
    "a writable root": (_main("web", "securityContext", "readOnlyRootFilesystem", to=None), "can be written"),
    "capabilities": (
        _pod("web", "initContainers", 0, "securityContext", "capabilities", to={"add": ["NET_RAW"]}),
        "keeps capabilities",
    ),
    "no resources": (_main("migrate", "resources", "limits", to=None), "resources are not said"),
    "no place for files": (_pod("web", "volumes", 0, "name", to="temporary"), "it has no /tmp"),
    "another Secret": (_pod("web", "volumes", 1, "secret", "secretName", to="s"), "does not get the Secret"),
    "an account that is not there": (
        _pod("beat", "serviceAccountName", to="x"),
        "ServiceAccount is not there",
    ),
    "pods of somebody else": (
        _of("Deployment", 0, "spec", "selector", "matchLabels", to={"app": "x"}),
        "does not select its own pods",
    ),
    "a budget for nobody": (
        _of(BUDGETS, 0, "spec", "selector", "matchLabels", to={"app.kubernetes.io/component": "wep"}),
        "chooses 0 Deployments",
    ),
    "a budget that keeps nodes": (_of(BUDGETS, 0, "spec", "minAvailable", to=2), "no node can be drained"),
    "no budget": (_without(BUDGETS, "drover-observer"), "drover-observer: it has no budget"),
    "nothing denied": (_without(NETS, "default-deny"), "what is not said is not denied"),
    "a policy for nobody": (
        _of(NETS, 2, "spec", "podSelector", "matchLabels", to={"app": "x"}),
        "to-names-and-stores chooses no pod",
    ),
    "a door for everybody": (_of(NETS, 1, "spec", "ingress", 0, "from", to=None), "lets everybody in"),
    "a door to another port": (
        _of(NETS, 1, "spec", "ingress", 0, "ports", 0, "port", to=80),
        "web is asked on [80]",
    ),
    "no way to clusters": (_without(NETS, "to-clusters"), "observer may ask [53, 5432, 6379]"),
    "all ways for beat": (
        _of(NETS, 3, "spec", "podSelector", to={"matchLabels": {"app.kubernetes.io/name": "drover"}}),
        "beat may ask [53, 443, 5432, 6379, 6443]",
    ),
    "a Service to nowhere": (_of("Service", 0, "spec", "ports", 0, "targetPort", to="web"), "leads nowhere"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_mistake_is_found(name: str) -> None:
    change, words = BROKEN[name]
    objects = load_base()
    change(objects)
    assert words in "\n".join(manifest_problems(objects))


def test_no_process_gets_a_token_of_the_cluster() -> None:
    objects = load_base()
    accounts = {one["metadata"]["name"]: one for one in of_kind(objects, "ServiceAccount")}
    wears = {name: pod(one)["automountServiceAccountToken"] for name, one in workloads(objects).items()}
    assert set(wears.values()) == {False}
    assert {one["automountServiceAccountToken"] for one in accounts.values()} == {False}


# --- settings -----------------------------------------------------------------------------------------


def example() -> dict[str, str]:
    loaded = yaml.safe_load((FOLDER / "secret.example.yaml").read_text())
    assert loaded["metadata"]["name"] == SECRET
    values: dict[str, str] = loaded["stringData"]
    return values


def real() -> dict[str, str]:
    """What docs/deploying.md tells to put into the Secret."""
    return {
        "secret-key": "rT5yHq0vZ2mXw8Lk4pNs7dBf3gJc6uAe9oIiQ1lK0xVhYtWzMbRn",
        "credential-keys": "w3YQ5m0G9yqVqY2l3yq1yQ0o3H2s6u4F8kq7d1n5cXs=",
        "database-url": "postgresql://drover:pw@db.example:5432/drover",
        "redis-url": "rediss://:pw@valkey.example:6379/0",
    }


def placed(name: str, values: dict[str, str], folder: Path) -> dict[str, str]:
    """The environment of a process, with the Secret in `folder`."""
    for key, value in values.items():
        (folder / key).write_text(value)
    env = processes(load_base())[name].env
    return {key: value.replace("/etc/drover", str(folder)) for key, value in env.items()}


def test_the_example_has_the_keys_that_are_mounted(tmp_path: Path) -> None:
    given = {Path(value).name for key, value in placed("web", {}, tmp_path).items() if key.endswith("_FILE")}
    assert set(example()) == set(real()) == given - {"ready"}


# One with a pool and one without: else the settings of all of them are the same.
@pytest.mark.parametrize("name", ["web", "migrate"])
def test_processes_start_with_these_settings(name: str, tmp_path: Path) -> None:
    code, said = run_check(placed(name, real(), tmp_path))
    assert (code, complaints(said)) == (0, [])


@pytest.mark.parametrize("key", example())
def test_a_placeholder_of_the_example_is_refused(key: str, tmp_path: Path) -> None:
    code, said = run_check(placed("web", real() | {key: example()[key]}, tmp_path))
    assert code != 0
    assert f"DROVER_{key.replace('-', '_').upper()}" in said
    assert example()[key] not in said


def test_the_image_has_a_version() -> None:
    images = yaml.safe_load((FOLDER / "base/kustomization.yaml").read_text())["images"]
    used = {
        container["image"]
        for one in workloads(load_base()).values()
        for container in (*pod(one)["containers"], *pod(one).get("initContainers", ()))
    }
    assert used == {image["name"] for image in images}
    assert all(image["newTag"] != "latest" for image in images)


def test_every_file_of_the_base_is_used() -> None:
    named = yaml.safe_load((FOLDER / "base/kustomization.yaml").read_text())["resources"]
    there = {path.name for path in (FOLDER / "base").glob("*.yaml")} - {"kustomization.yaml"}
    assert set(named) == there


def test_compose_and_the_base_run_the_same_commands() -> None:
    from .composed import load_compose
    from .composed import processes as composed

    assert {name: one.command for name, one in composed(load_compose()).items()} == {
        name: one.command for name, one in processes(load_base()).items()
    }


def test_the_procfile_runs_commands_that_are_there() -> None:
    lines = (offers.ROOT / "Procfile").read_text().replace("${DROVER_PORT:-8000}", "8000").splitlines()
    commands = [line.split(": ", 1)[1].replace(".venv/bin/", "").split() for line in lines if line[:1] != "#"]
    assert [problem for command in commands if (problem := offers.command_problem(command))] == []
    assert {queue for command in commands for queue in offers.served_queues(command)} == offers.QUEUES


# --- the ports of Prods and routers -------------------------------------------------------------------

METADATA = ("169.254.169.254", "169.254.170.2", "168.63.129.16", "100.100.100.200", "fd00:ec2::254")


def users_side() -> dict[str, Any]:
    policy: dict[str, Any] = yaml.safe_load((FOLDER / "components/users-side/network.yaml").read_text())
    return policy


def test_the_ports_of_prods_and_routers_are_open_to_those_who_ask_them() -> None:
    objects = [*load_base(), users_side()]
    asks = open_ports(objects, "egress")
    assert {name for name, ports in asks.items() if {80, 8080, 9090, 9999} <= ports} == set(SPEAKERS)
    assert not [said for said in manifest_problems(objects) if "chooses no pod" in said]


@pytest.mark.parametrize("address", METADATA)
def test_no_metadata_service_is_reached_by_them(address: str) -> None:
    (rule,) = users_side()["spec"]["egress"]
    asked = ip_address(address)
    for block in (one["ipBlock"] for one in rule["to"]):
        inside = asked in ip_network(block["cidr"])
        assert not inside or any(asked in ip_network(one) for one in block["except"]), block


def test_an_overlay_says_the_ports_where_the_component_has_them() -> None:
    said = (FOLDER / "overlays/example/kustomization.yaml").read_text()
    commented = "\n".join(line[2:] for line in said.splitlines() if line.startswith("# "))
    (patch,) = yaml.safe_load(commented[commented.index("patches:") :])["patches"]
    (op,) = yaml.safe_load(patch["patch"])
    assert patch["target"] == {"kind": "NetworkPolicy", "name": users_side()["metadata"]["name"]}
    assert op["path"] == "/spec/egress/0/ports" and users_side()["spec"]["egress"][0]["ports"]
