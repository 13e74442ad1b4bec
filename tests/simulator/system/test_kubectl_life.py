"""The real kubectl, command by command, as somebody on call types them."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import pytest
import yaml

from simulator.testing import Fleet
from tests.simulator.space import deployment, until
from tests.simulator.system.kubectl import Kubectl

AGE = r"\d+s|\d+m\d*s?"
POD = r"api-[a-z0-9]+-[a-z0-9]{5}"


@contextmanager
def following(kubectl: Kubectl, *arguments: str) -> Iterator[IO[str]]:
    """What a command that does not end by itself prints."""
    with subprocess.Popen([*kubectl.prefix, *arguments], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        yield running.stdout
        running.terminate()


def pods(kubectl: Kubectl) -> list[str]:
    return kubectl("get", "pods", "-o", "name").split()


@pytest.mark.parametrize(
    ("asked", "headings", "row"),
    [
        (("deployments",), "NAME READY UP-TO-DATE AVAILABLE AGE", rf"api 3/3 3 3 ({AGE})"),
        (("deployments", "-o", "wide"), "NAME READY UP-TO-DATE AVAILABLE AGE CONTAINERS IMAGES SELECTOR",
         rf"api 3/3 3 3 ({AGE}) api registry.example/shop/api:v1.0.0 app=api"),
        (("pods",), "NAME READY STATUS RESTARTS AGE", rf"{POD} 1/1 Running 0 ({AGE})"),
        (("pods", "-o", "wide"), "NAME READY STATUS RESTARTS AGE IP NODE NOMINATED NODE READINESS GATES",
         rf"{POD} 1/1 Running 0 ({AGE}) 10\.244\.\d+\.\d+ a-node-\d <none> <none>"),
        (("replicasets", "-o", "wide"), "NAME DESIRED CURRENT READY AGE CONTAINERS IMAGES SELECTOR",
         rf"api-[a-z0-9]+ 3 3 3 ({AGE}) api registry.example/shop/api:v1.0.0 app=api,pod-template-hash=[a-z0-9]+"),
        (("services", "-o", "wide"), "NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE SELECTOR",
         rf"api LoadBalancer 10\.96\.\d+\.\d+ 127\.0\.0\.1 80:\d+/TCP ({AGE}) app=api"),
        (("nodes",), "NAME STATUS ROLES AGE VERSION", rf"a-node-1 Ready <none> ({AGE}) v1\.36\.2"),
        (("endpointslices",), "NAME ADDRESSTYPE PORTS ENDPOINTS AGE", r"api-[a-z0-9]+ IPv4 8080 10\.244\..*"),
        (("events",), "LAST SEEN TYPE REASON OBJECT MESSAGE", r".*"),
        (("pods", "-L", "app"), "NAME READY STATUS RESTARTS AGE APP", rf"{POD} 1/1 Running 0 ({AGE}) api"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)  # fmt: skip
def test_get_as_a_table(shop: Kubectl, asked: tuple[str, ...], headings: str, row: str) -> None:
    lines = shop.rows("get", *asked)
    assert lines[0] == headings
    assert re.fullmatch(row, lines[1])


def test_get_as_data(shop: Kubectl) -> None:
    as_json, as_yaml = (shop("get", "deployment", "api", "-o", form) for form in ("json", "yaml"))
    assert json.loads(as_json) == yaml.safe_load(as_yaml)
    assert json.loads(as_json)["status"]["availableReplicas"] == 3
    assert shop("get", "deploy", "-o", "custom-columns=N:.metadata.name,R:.spec.replicas").split() == [
        "N",
        "R",
        "api",
        "3",
    ]
    assert shop("get", "pods", "-o", "go-template={{len .items}}") == "3"
    assert "managedFields" in shop("get", "deploy", "api", "-o", "yaml", "--show-managed-fields")


def test_get_w_tells_what_happens_in_order(shop: Kubectl) -> None:
    with following(shop, "get", "deployment", "api", "-w", "--output-watch-events", "--no-headers") as lines:
        assert lines.readline().split()[:3] == ["ADDED", "api", "3/3"]
        shop("scale", "deployment/api", "--replicas=1")
        seen = [lines.readline().split()[:3]]
        while seen[-1][2] != "1/1":
            seen.append(lines.readline().split()[:3])
        assert {row[0] for row in seen} == {"MODIFIED"}
        shop("delete", "deployment", "api", "--wait=false")
        until(lambda: lines.readline().split()[0] == "DELETED", "told that it is deleted")


def test_diff_ends_with_1_and_the_difference_or_with_0_and_nothing(shop: Kubectl) -> None:
    same, other = (yaml.safe_dump(deployment(tag=tag)) for tag in ("v1.0.0", "v2"))
    for side in ((), ("--server-side", "--force-conflicts")):
        equal, different = (shop.run("diff", *side, "-f", "-", text=text) for text in (same, other))
        assert (equal.returncode, equal.stdout) == (0, ""), equal.stderr
        assert different.returncode == 1
        changed = [line.split() for line in different.stdout.splitlines() if re.match(r"[-+] ", line)]
        assert ["-", "-", "image:", "registry.example/shop/api:v1.0.0"] in changed or [
            "-", "image:", "registry.example/shop/api:v1.0.0"] in changed  # fmt: skip
    assert shop.image().endswith(":v1.0.0")


def test_a_paused_rollout_rolls_when_it_is_resumed(shop: Kubectl) -> None:
    shop("rollout", "pause", "deployment/api")
    before = pods(shop)
    shop("set", "image", "deployment/api", "api=registry.example/shop/api:v2")
    shop("set", "env", "deployment/api", "A=1")
    shop("wait", "--for=jsonpath={.status.observedGeneration}=4", "deployment/api", "--timeout=20s")
    assert pods(shop) == before
    refused = shop.run("rollout", "undo", "deployment/api", "--to-revision=1")
    assert "cannot rollback a paused deployment" in refused.stderr
    shop("rollout", "resume", "deployment/api")
    assert "successfully rolled out" in shop("rollout", "status", "deployment/api", "--timeout=20s")
    assert "api:v2" in shop("rollout", "history", "deployment/api", "--revision=2")
    until(lambda: len(pods(shop)) == 3 and not set(before) & set(pods(shop)), "every pod replaced")


def test_history_names_the_cause_and_undo_goes_to_a_revision(shop: Kubectl) -> None:
    for tag in ("v2", "v3"):
        shop("set", "image", "deployment/api", f"api=registry.example/shop/api:{tag}")
        shop("annotate", "deployment/api", f"kubernetes.io/change-cause=to {tag}", "--overwrite")
        shop("rollout", "status", "deployment/api", "--timeout=20s")
    assert shop.rows("rollout", "history", "deployment/api")[1:5] == [
        "REVISION CHANGE-CAUSE", "1 <none>", "2 to v2", "3 to v3"]  # fmt: skip
    shop("rollout", "undo", "deployment/api", "--to-revision=1")
    shop("rollout", "status", "deployment/api", "--timeout=20s")
    assert shop.image().endswith(":v1.0.0")
    assert [row.split()[0] for row in shop.rows("rollout", "history", "deployment/api")[2:5]] == [
        "2",
        "3",
        "4",
    ]
    assert (
        "unable to find specified revision 9"
        in shop.run("rollout", "undo", "deploy/api", "--to-revision=9").stderr
    )


def test_restart_replaces_every_pod(shop: Kubectl) -> None:
    before = set(pods(shop))
    shop("rollout", "restart", "deployment/api")
    assert "successfully rolled out" in shop("rollout", "status", "deployment/api", "--timeout=20s")
    until(lambda: not before & set(pods(shop)), "every pod replaced")


def test_scale_and_wait(shop: Kubectl) -> None:
    assert (
        "Expected replicas to be 9, was 3"
        in shop.run("scale", "deployment/api", "--replicas=1", "--current-replicas=9").stderr
    )
    shop("scale", "deployment/api", "--replicas=5", "--current-replicas=3")
    shop("wait", "--for=jsonpath={.status.readyReplicas}=5", "deployment/api", "--timeout=20s")
    shop("wait", "--for=condition=Available", "deployment/api", "--timeout=20s")
    late = shop.run("wait", "--for=condition=Ready=false", pods(shop)[0], "--timeout=1s")
    assert (late.returncode, "timed out waiting for the condition" in late.stderr) == (1, True)


def test_wait_for_a_deletion_and_for_a_creation(shared_fleet: Fleet, shop: Kubectl) -> None:
    before = len(shared_fleet.audit())

    def watched() -> set[str]:
        return {entry["resource"] for entry in shared_fleet.audit()[before:] if entry.get("verb") == "watch"}

    with (
        following(shop, "wait", "--for=delete", "service/api", "--timeout=20s") as gone,
        following(shop, "wait", "--for=create", "configmap/late", "--timeout=20s") as come,
    ):
        until(lambda: "services" in watched(), "it is being waited")
        shop("delete", "service", "api")
        shop("create", "configmap", "late")
        assert gone.read() == "service/api condition met\n"
        assert come.read() == "configmap/late condition met\n"


@pytest.mark.parametrize(("how", "left"), [("orphan", 3), ("foreground", 0), ("background", 0)])
def test_delete_takes_what_belongs_to_it_or_leaves_it(shop: Kubectl, how: str, left: int) -> None:
    shop("delete", "deployment", "api", f"--cascade={how}", "--timeout=20s")
    sets = shop("get", "replicasets", "-o", "name").split()
    if how != "background":
        assert len(sets) == bool(left)  # at once: foreground ends last, orphans stay
    until(lambda: len(pods(shop)) == left, f"{left} pods left")
    assert [shop("get", name, "-o", "jsonpath={.metadata.ownerReferences}") for name in sets if left] == [
        ""
    ] * bool(left)


def test_orphans_are_adopted_by_a_deployment_that_selects_them(shop: Kubectl) -> None:
    before = pods(shop)
    shop("delete", "deployment", "api", "--cascade=orphan")
    shop("apply", "-f", "-", text=yaml.safe_dump(deployment()))
    shop("rollout", "status", "deployment/api", "--timeout=20s")
    assert pods(shop) == before


def test_logs(shop: Kubectl) -> None:
    one = pods(shop)[0]
    assert shop("logs", one).splitlines()[-1] == "listening on :8080"
    assert shop("logs", one, "--tail=1") == "listening on :8080\n"
    prefixed = shop("logs", "-l", "app=api", "--prefix", "--tail=1").splitlines()
    assert sorted(prefixed) == [f"[{name}/api] listening on :8080" for name in pods(shop)]
    none = shop.run("logs", one, "--previous")
    assert f'previous terminated container "api" in pod "{one[4:]}" not found' in none.stderr
    assert "is not valid for pod" in shop.run("logs", one, "-c", "other").stderr


def test_logs_are_followed_until_the_pod_is_gone(shop: Kubectl) -> None:
    one = pods(shop)[0]
    with following(shop, "logs", "-f", one) as lines:
        assert [lines.readline().split()[0] for _ in range(3)] == ["starting", "pod", "listening"]
        shop("delete", one)
        assert lines.read() == ""


@pytest.fixture
def slow_starts(shared_fleet: Fleet) -> Iterator[None]:
    usual = shared_fleet.settings()["pod_start"]
    shared_fleet.settings(pod_start=(4, 4))
    yield
    shared_fleet.settings(pod_start=usual)


@pytest.mark.usefixtures("slow_starts")
def test_logs_are_followed_from_the_start(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", text=yaml.safe_dump(deployment(replicas=1)))
    (young,) = until(lambda: pods(kubectl), "a pod")
    kubectl("wait", "--for=jsonpath={.status.containerStatuses[0].state.running}", young, "--timeout=20s")
    with following(kubectl, "logs", "-f", young) as lines:
        assert [lines.readline().split()[0] for _ in range(3)] == ["starting", "pod", "listening"]


def test_a_crash_shows_in_previous_logs_restarts_and_events(shop: Kubectl) -> None:
    shop("create", "deployment", "bad", "--image=registry.example/shop/bad:v1-crash")
    until(lambda: "CrashLoopBackOff" in shop("get", "pods", "-l", "app=bad"), "crash loop")
    assert "panic: configuration is not usable" in shop("logs", "deployment/bad", "--previous")
    assert re.search(r"CrashLoopBackOff +\d+ \(\d+s ago\)", shop("get", "pods", "-l", "app=bad"))
    assert "Last State:     Terminated" in shop("describe", "pod", "-l", "app=bad")
    name = pods(shop)[-1][4:]
    warning = shop.rows("events", "--for", f"pod/{name}", "--types=Warning")[1]
    assert "Warning BackOff Pod/bad-" in warning
    assert "Back-off restarting failed container bad in pod bad-" in warning


def test_events_in_both_spellings(shop: Kubectl) -> None:
    said = shop.rows("events", "--for", "deployment/api")
    assert said[0] == "LAST SEEN TYPE REASON OBJECT MESSAGE"
    assert re.fullmatch(
        r"\d+s Normal ScalingReplicaSet Deployment/api Scaled up replica set api-\w+ from 0 to 3", said[1]
    )
    chosen = shop.rows("get", "events", "--field-selector=reason=ScalingReplicaSet", "--no-headers")
    assert [line.split()[2:4] for line in chosen] == [["ScalingReplicaSet", "deployment/api"]]
    with following(shop, "events", "--watch", "--for", "deployment/api") as lines:
        lines.readline(), lines.readline()
        shop("scale", "deployment/api", "--replicas=2")
        assert "Scaled down replica set" in lines.readline()


def test_describe_tells_a_pods_events_in_order(shop: Kubectl) -> None:
    text = shop("describe", pods(shop)[0])
    events = [line.split()[1] for line in text.partition("Events:")[2].splitlines()[3:]]
    assert events == ["Scheduled", "Pulling", "Pulled", "Created", "Started"]


def test_somebody_else_may_only_what_was_granted(shop: Kubectl) -> None:
    shop("create", "role", "reader", "--verb=get,list", "--resource=pods")
    shop("create", "rolebinding", "reader", "--role=reader", "--user=jane")
    assert shop("auth", "can-i", "list", "pods", "--as=jane") == "yes\n"
    assert shop.run("auth", "can-i", "delete", "pods", "--as=jane").stdout == "no\n"
    assert len(shop("get", "pods", "-o", "name", "--as=jane").split()) == 3
    refused = shop.run("delete", pods(shop)[0], "--as=jane")
    assert 'is forbidden: User "jane" cannot delete resource "pods" in API group ""' in refused.stderr
    assert "pods [] [] [get list]" in shop.rows("auth", "can-i", "--list", "--as=jane")
