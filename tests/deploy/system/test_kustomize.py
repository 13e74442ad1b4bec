"""deploy/kubernetes as kubectl renders it. Nothing is sent to any cluster."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from clusters.core.kinds import KINDS
from tests.deploy import manifests
from tests.deploy.manifests import FOLDER, manifest_problems, of_kind, pod, workloads
from tests.deploy.schema import schema_problems
from tests.kubectl import KUBECTL
from traffic.routers.gateway_api import KINDS as WRITTEN

ROOTS = ["base", *sorted(str(path.relative_to(FOLDER)) for path in (FOLDER / "overlays").iterdir())]


def rendered(folder: Path) -> list[dict[str, Any]]:
    done = subprocess.run(
        [KUBECTL, "kustomize", str(folder)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "deprecated" not in done.stderr
    return list(yaml.safe_load_all(done.stdout))


@pytest.mark.parametrize("root", ROOTS)
def test_what_is_rendered_asks_for_nothing_that_the_code_does_not_offer(root: str) -> None:
    objects = rendered(FOLDER / root)
    assert list(manifest_problems(objects)) == []
    assert [problem for one in objects for problem in schema_problems(one)] == []


@pytest.mark.parametrize("root", ROOTS)
def test_everything_is_in_the_namespace_of_drover(root: str) -> None:
    inside = [one for one in rendered(FOLDER / root) if one["kind"] != "Namespace"]
    assert {one["metadata"]["namespace"] for one in inside} == {"drover"}


@pytest.mark.parametrize("root", ROOTS)
def test_every_image_has_a_version(root: str) -> None:
    objects = rendered(FOLDER / root)
    images = {
        container["image"].rpartition(":")[2]
        for one in workloads(objects).values()
        for container in (*pod(one)["containers"], *pod(one).get("initContainers", ()))
    }
    assert images == {"0.1.0"}


def test_no_secret_is_rendered() -> None:
    assert [of_kind(rendered(FOLDER / root), "Secret") for root in ROOTS] == [[] for _ in ROOTS]


def test_a_changed_setting_starts_the_processes_anew(tmp_path: Path) -> None:
    before, after = (
        rendered(FOLDER / "base"),
        rendered(_overlay(tmp_path, 'literals: ["DROVER_LOG=console"]')),
    )
    names = [of_kind(objects, "ConfigMap")[0]["metadata"]["name"] for objects in (before, after)]
    used = {
        entry["configMapRef"]["name"]
        for one in workloads(after).values()
        for entry in pod(one)["containers"][0]["envFrom"]
    }
    assert (names[0] != names[1], used) == (True, {names[1]})


def test_a_mistake_of_an_overlay_is_found(tmp_path: Path) -> None:
    objects = rendered(_overlay(tmp_path, 'literals: ["DROVER_LOGS=json"]'))
    assert "worker: nothing reads DROVER_LOGS" in list(manifest_problems(objects))


def test_the_ingress_leads_to_the_service_by_tls() -> None:
    objects = rendered(FOLDER / "overlays/example")
    (ingress,), (service,) = of_kind(objects, "Ingress"), of_kind(objects, "Service")
    (rule,), (tls,) = ingress["spec"]["rules"], ingress["spec"]["tls"]
    backend = rule["http"]["paths"][0]["backend"]["service"]
    assert backend["name"] == service["metadata"]["name"]
    assert backend["port"]["name"] in {port["name"] for port in service["spec"]["ports"]}
    assert tls["hosts"] == [rule["host"]]
    env = manifests.environment(objects, pod(workloads(objects)["web"])["containers"][0])
    assert (env["DROVER_URL"], env["DROVER_BEHIND_PROXY"]) == (f"https://{rule['host']}", "on")


def test_in_cluster_gives_a_token_to_those_that_speak_with_clusters_and_to_nobody_else(
    tmp_path: Path,
) -> None:
    objects = rendered(_overlay(tmp_path, "literals: []", component="components/in-cluster"))
    wears = {name for name, one in workloads(objects).items() if pod(one)["automountServiceAccountToken"]}
    assert wears == {"web", "worker", "worker-emergency", "observer"}
    assert list(manifest_problems(objects)) == []
    assert of_kind(objects, "ConfigMap")[0]["data"]["DROVER_IN_CLUSTER"] == "on"
    (binding,) = of_kind(objects, "ClusterRoleBinding")
    roles = of_kind(rendered(FOLDER.parent / "clusters"), "ClusterRole")
    assert binding["roleRef"]["name"] in {role["metadata"]["name"] for role in roles}
    subjects = {(one["name"], one["namespace"]) for one in binding["subjects"]}
    assert subjects == {(pod(workloads(objects)[name])["serviceAccountName"], "drover") for name in wears}


def test_an_edge_cluster_grants_all_that_its_router_writes_to_the_same_account() -> None:
    objects = rendered(FOLDER.parent / "edge")
    (account,) = of_kind(objects, "ServiceAccount")
    (binding,) = of_kind(objects, "RoleBinding")
    (role,) = of_kind(objects, "Role")
    assert [one["name"] for one in binding["subjects"]] == [account["metadata"]["name"]]
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert binding["metadata"]["namespace"] == role["metadata"]["namespace"]
    (wide,) = of_kind(objects, "ClusterRole")
    granted = {
        (resource, verb)
        for rule in (*role["rules"], *wide["rules"])
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    written = {KINDS[kind].plural for kind in WRITTEN}
    assert granted >= {
        (one, verb) for one in written for verb in ("get", "list", "create", "patch", "delete")
    }


def test_break_glass_gives_all_workers_one_volume_to_write_to(tmp_path: Path) -> None:
    objects = rendered(_overlay(tmp_path, "literals: []", component="components/break-glass"))
    assert list(manifest_problems(objects)) == []
    (claim,) = of_kind(objects, "PersistentVolumeClaim")
    worker = pod(workloads(objects)["worker"])
    (volume,) = [one for one in worker["volumes"] if "persistentVolumeClaim" in one]
    (mount,) = [one for one in worker["containers"][0]["volumeMounts"] if one["name"] == volume["name"]]
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    env = manifests.environment(objects, worker["containers"][0])
    assert env["DROVER_STATE_DIR"] == mount["mountPath"]


def _overlay(folder: Path, settings: str, component: str = "") -> Path:
    """An overlay of the base. kustomize wants relative paths."""
    base = Path(*[".."] * len(folder.resolve().parts[1:])) / str(FOLDER).lstrip("/")
    lines = [
        "apiVersion: kustomize.config.k8s.io/v1beta1",
        "kind: Kustomization",
        "namespace: drover",
        f"resources: [{base}/base]",
        f"components: [{base}/{component}]" if component else "",
        "configMapGenerator:",
        f"  - {{name: drover, behavior: merge, {settings}}}",
    ]
    (folder / "kustomization.yaml").write_text("\n".join(lines))
    return folder
