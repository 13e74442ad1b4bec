"""What a server fills in or writes differently, so that "desired" and "live" compare as on a real cluster."""

from typing import Any

import pytest

from simulator.kinds.quantities import canonical
from tests.simulator.space import Space, deployment, service, until


@pytest.mark.parametrize(
    ("given", "written"),
    [("1000m", "1"), (1, "1"), ("0.5", "500m"), ("1.5", "1500m"), ("1024Mi", "1Gi"), ("1.5Gi", "1536Mi"), ("1000", "1k"),
     ("100M", "100M"), ("1500M", "1500M"), ("0", "0"), ("512Ki", "512Ki"), ("1e3", "1e3"), ("0.0001", "100u")],
)  # fmt: skip
def test_quantities_are_written_in_one_way(given: Any, written: str) -> None:
    assert canonical(given) == written


@pytest.mark.parametrize("bad", ["", "1x", "Mi", "1 Gi", "--1"])
def test_what_is_no_quantity_is_an_error(bad: str) -> None:
    with pytest.raises(ValueError, match="quantities"):
        canonical(bad)


def pod_spec(space: Space, **container: Any) -> dict[str, Any]:
    body = deployment(replicas=0)
    own = body["spec"]["template"]["spec"]
    own["containers"][0] |= container
    if mounts := container.get("volumeMounts"):
        own["volumes"] = [{"name": mount["name"], "emptyDir": {}} for mount in mounts]
    return dict(space.create("deployments", body)["spec"]["template"]["spec"])


def test_a_pod_template_gets_what_it_left_out(space: Space) -> None:
    spec = pod_spec(space)
    assert {key: spec[key] for key in spec if key != "containers"} == {
        "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
        "schedulerName": "default-scheduler", "securityContext": {}}  # fmt: skip
    container = spec["containers"][0]
    assert (container["imagePullPolicy"], container["terminationMessagePolicy"]) == ("IfNotPresent", "File")
    assert container["readinessProbe"] == {
        "httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"}, "timeoutSeconds": 1, "periodSeconds": 10,
        "successThreshold": 1, "failureThreshold": 3}  # fmt: skip


def test_limits_are_requests_of_pods_but_not_of_templates(space: Space) -> None:
    limits = {"cpu": "1", "memory": "512Mi"}
    body = deployment(replicas=1)
    body["spec"]["template"]["spec"]["containers"][0]["resources"] = {
        "limits": {"cpu": "1000m", "memory": "0.5Gi"}, "requests": {"cpu": 0.25}}  # fmt: skip
    template = space.create("deployments", body)["spec"]["template"]["spec"]
    assert template["containers"][0]["resources"] == {"limits": limits, "requests": {"cpu": "250m"}}
    until(space.rolled_out, "rolled out")
    (pod,) = space.list("pods")
    requests = {"cpu": "250m", "memory": "512Mi"}
    assert pod["spec"]["containers"][0]["resources"] == {"limits": limits, "requests": requests}


def test_what_means_unset_is_not_written(space: Space) -> None:
    spec = pod_spec(space, env=[{"name": "EMPTY", "value": ""}], args=[], tty=False,
                    volumeMounts=[{"name": "v", "mountPath": "/v", "readOnly": False}])  # fmt: skip
    container = spec["containers"][0]
    assert container["env"] == [{"name": "EMPTY"}]
    assert container["volumeMounts"] == [{"name": "v", "mountPath": "/v"}]
    assert {"args", "tty"} & container.keys() == set()


def test_a_service_gets_addresses_and_ports_in_full(space: Space) -> None:
    spec = space.create("services", service(kind="ClusterIP"))["spec"]
    assert spec["clusterIPs"] == [spec["clusterIP"]]
    assert spec["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": "http"}]
    outside = space.create(
        "services", {"metadata": {"name": "x"}, "spec": {"type": "ExternalName", "externalName": "e.example"}}
    )
    assert {"clusterIP", "internalTrafficPolicy", "ipFamilies"} & outside["spec"].keys() == set()


def test_quality_of_service_follows_requests_and_limits(space: Space) -> None:
    body = deployment(replicas=1)
    body["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": {"cpu": 1, "memory": "1Gi"}}
    space.create("deployments", body)
    until(space.rolled_out, "rolled out")
    assert space.list("pods")[0]["status"]["qosClass"] == "Guaranteed"


def test_who_creates_an_object_owns_its_defaults_too(space: Space) -> None:
    made = space.create("deployments", deployment(replicas=0))
    fields = made["metadata"]["managedFields"][0]["fieldsV1"]
    assert "f:revisionHistoryLimit" in fields["f:spec"]
    status, answer = space.apply("deployments", {**deployment(replicas=0), "spec": {
        **deployment(replicas=0)["spec"], "revisionHistoryLimit": 2}})  # fmt: skip
    assert (status, answer["details"]["causes"][0]["field"]) == (409, ".spec.revisionHistoryLimit")


@pytest.mark.parametrize("plural", ["deployments", "services"])
def test_an_unchanged_apply_is_no_change(space: Space, plural: str) -> None:
    body = deployment(replicas=0) if plural == "deployments" else service()
    if plural == "deployments":
        body["spec"]["template"]["spec"]["containers"][0] |= {
            "resources": {"limits": {"cpu": "1000m"}},
            "args": [],
        }
    assert space.apply(plural, body)[0] == 201
    seen = "observedGeneration" if plural == "deployments" else "loadBalancer"
    until(lambda: space.get(plural, "api")["status"].get(seen), "the controllers have seen it")
    first = space.apply(plural, body)[1]["metadata"]["resourceVersion"]
    assert space.apply(plural, body)[1]["metadata"]["resourceVersion"] == first


def mistyped(space: Space) -> dict[str, Any]:
    body = deployment(replicas=0)
    body["metadata"]["namespace"] = space.name
    body["spec"]["replica"] = 3
    body["spec"]["template"]["spec"]["containers"][0]["imagePullpolicy"] = "Always"
    return body


UNKNOWN = ("spec.replica", "spec.template.spec.containers[0].imagePullpolicy")


def test_a_mistyped_field_is_refused_when_asked_for_strictly(space: Space) -> None:
    status, answer = space.ask("POST", "deployments", body=mistyped(space), query="fieldValidation=Strict")
    assert status == 400
    assert all(f'unknown field "{path}"' in answer["message"] for path in UNKNOWN)


def test_a_mistyped_field_is_dropped_otherwise(space: Space) -> None:
    made = space.create("deployments", mistyped(space))
    assert "replica" not in made["spec"]
    assert "imagePullpolicy" not in made["spec"]["template"]["spec"]["containers"][0]


def test_a_mistyped_field_cannot_be_applied(space: Space) -> None:
    status, answer = space.apply("deployments", mistyped(space))
    assert status == 500
    assert "failed to create typed patch object" in answer["message"]
    assert ".spec.replica: field not declared in schema" in answer["message"]
    assert space.ask("GET", "deployments", "api")[0] == 404


@pytest.mark.parametrize("plural", ["configmaps", "secrets"])
def test_what_is_immutable_stays_as_it_is(space: Space, plural: str) -> None:
    space.create(plural, {"metadata": {"name": "fixed"}, "data": {"a": "MQ=="}, "immutable": True})
    status, answer = space.patch(plural, "fixed", {"data": {"a": "Mg=="}})
    assert (status, answer["details"]["causes"][0]["field"]) == (422, "data")
    assert space.patch(plural, "fixed", {"immutable": False})[0] == 422
    assert space.patch(plural, "fixed", {"metadata": {"labels": {"a": "b"}}})[0] == 200
