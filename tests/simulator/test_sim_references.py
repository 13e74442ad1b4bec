"""Pods wait for the ConfigMaps and Secrets they refer to."""

from typing import Any

from tests.simulator.space import Space, config_map, deployment, until


def refer(space: Space, **container: Any) -> None:
    body = deployment(replicas=1)
    body["spec"]["template"]["spec"]["containers"][0] |= container
    space.create("deployments", body)


def waiting(space: Space) -> tuple[str, str]:
    """(reason, message) of the state of the only container."""
    pods = space.list("pods")
    states = pods[0]["status"].get("containerStatuses") if pods else None
    state = states[0]["state"].get("waiting", {}) if states else {}
    return state.get("reason", ""), state.get("message", "")


def secret(**data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "stringData": data}


ENV = {"name": "P", "valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}}


def test_a_missing_secret_is_a_configuration_error_until_it_is_there(space: Space) -> None:
    refer(space, env=[ENV])
    until(lambda: waiting(space) == ("CreateContainerConfigError", 'secret "login" not found'), "it waits")
    space.create("secrets", secret(other="x"))
    until(lambda: "couldn't find key password in Secret" in waiting(space)[1], "the key is missing")
    assert space.patch("secrets", "login", {"stringData": {"password": "x"}})[0] == 200
    until(space.rolled_out, "starts after all")


def test_a_missing_config_map_is_one_too(space: Space) -> None:
    refer(space, envFrom=[{"configMapRef": {"name": "settings"}}])
    until(
        lambda: waiting(space) == ("CreateContainerConfigError", 'configmap "settings" not found'), "it waits"
    )
    space.create("configmaps", config_map())
    until(space.rolled_out, "starts after all")


def test_a_missing_volume_keeps_containers_from_being_created(space: Space) -> None:
    body = deployment(replicas=1)
    body["spec"]["template"]["spec"]["volumes"] = [{"name": "v", "configMap": {"name": "settings"}}]
    space.create("deployments", body)
    events = "fieldSelector=reason=FailedMount"
    found = until(lambda: space.list("events", events), "an Event")
    assert found[0]["message"] == 'MountVolume.SetUp failed for volume "v" : configmap "settings" not found'
    assert waiting(space)[0] == "ContainerCreating"
    space.create("configmaps", config_map())
    until(space.rolled_out, "starts after all")


def test_what_is_optional_may_be_missing(space: Space) -> None:
    refer(space, envFrom=[{"secretRef": {"name": "nowhere", "optional": True}}])
    until(space.rolled_out, "starts without it")


def test_a_waiting_pod_that_is_deleted_does_not_come_back_to_life(space: Space) -> None:
    space.fleet.settings(termination=[0.5, 0.5])
    refer(space, env=[ENV])
    until(lambda: waiting(space)[0] == "CreateContainerConfigError", "it waits")
    space.ask("DELETE", "deployments", "api")
    until(lambda: any(pod["metadata"].get("deletionTimestamp") for pod in space.list("pods")), "it ends")
    space.create("secrets", secret(password="x"))
    until(lambda: not space.list("pods"), "gone")
    space.fleet.settings(termination=[0.05, 0.3])
