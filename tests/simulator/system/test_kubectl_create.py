"""The real kubectl, which creates by protobuf what it makes up from its own command line."""

import json
from typing import Any

import pytest

from simulator.testing import Fleet
from tests.simulator.space import until
from tests.simulator.system.kubectl import Kubectl

IMAGE = "--image=registry.example/shop/web:v1"
DEPLOYMENT = ("deployment", "web", IMAGE, "--replicas=2", "--port=80")
CRON_JOB = ("cronjob", "tidy", IMAGE, "--schedule=*/5 * * * *", "--", "tidy", "--all")


def read(kubectl: Kubectl, thing: str) -> Any:
    return json.loads(kubectl("get", thing, "-o", "json"))


@pytest.mark.parametrize(
    ("asked", "thing", "path", "value"),
    [
        (DEPLOYMENT, "deployment/web", ("spec", "replicas"), 2),
        (DEPLOYMENT, "deployment/web", ("spec", "template", "spec", "containers", 0, "ports"),
         [{"containerPort": 80, "protocol": "TCP"}]),
        (("service", "nodeport", "web", "--tcp=80:http"), "service/web", ("spec", "ports", 0, "targetPort"), "http"),
        (("service", "clusterip", "web", "--tcp=80:8080"), "service/web", ("spec", "ports", 0, "targetPort"), 8080),
        (("service", "externalname", "web", "--external-name=shop.example"), "service/web", ("spec", "externalName"),
         "shop.example"),
        (("job", "once", IMAGE, "--", "migrate"), "job/once",
         ("spec", "template", "spec", "containers", 0, "command"), ["migrate"]),
        (CRON_JOB, "cronjob/tidy", ("spec", "jobTemplate", "spec", "template", "spec", "restartPolicy"), "OnFailure"),
        (("role", "reader", "--verb=get,list", "--resource=pods,deployments.apps"), "role/reader", ("rules",),
         [{"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"]},
          {"verbs": ["get", "list"], "apiGroups": ["apps"], "resources": ["deployments"]}]),
        (("rolebinding", "reader", "--role=reader", "--serviceaccount=shop:bot"), "rolebinding/reader", ("subjects",),
         [{"kind": "ServiceAccount", "name": "bot", "namespace": "shop"}]),
        (("ingress", "shop", "--rule=shop.example/cart*=web:http,tls=shop"), "ingress/shop",
         ("spec", "rules", 0, "http", "paths"),
         [{"path": "/cart", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"name": "http"}}}}]),
        (("poddisruptionbudget", "web", "--selector=app=web", "--min-available=50%"), "pdb/web",
         ("spec", "minAvailable"), "50%"),
        (("configmap", "settings", "--from-literal=a=1"), "configmap/settings", ("data",), {"a": "1"}),
        (("secret", "generic", "hidden", "--from-literal=b=2"), "secret/hidden", ("data",), {"b": "Mg=="}),
        (("serviceaccount", "bot"), "serviceaccount/bot", ("metadata", "name"), "bot"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) and isinstance(value[0], str) else "",
)  # fmt: skip
def test_create(
    kubectl: Kubectl, asked: tuple[str, ...], thing: str, path: tuple[Any, ...], value: Any
) -> None:
    assert kubectl("create", *asked).endswith("created\n")
    found = read(kubectl, thing)
    for step in path:
        found = found[step]
    assert found == value


def test_create_for_the_whole_cluster(kubectl: Kubectl) -> None:
    kubectl("create", "clusterrole", "watcher", "--verb=watch", "--resource=nodes")
    kubectl("create", "clusterrolebinding", "watcher", "--clusterrole=watcher", "--group=ops")
    assert (
        kubectl("auth", "can-i", "watch", "nodes", "--as=jane", "--as-group=dev", "--as-group=ops") == "yes\n"
    )
    assert kubectl.run("auth", "can-i", "watch", "nodes", "--as=jane", "--as-group=dev").stdout == "no\n"


def test_a_job_from_a_cron_job_takes_its_template(kubectl: Kubectl) -> None:
    kubectl("create", *CRON_JOB)
    kubectl("create", "job", "now", "--from=cronjob/tidy")
    found = read(kubectl, "job/now")
    assert found["metadata"]["ownerReferences"][0]["kind"] == "CronJob"
    assert found["spec"]["template"]["spec"]["containers"][0]["command"] == ["tidy", "--all"]
    kubectl("wait", "--for=condition=Complete", "job/now", "--timeout=20s")


def test_a_token_of_a_service_account_speaks_for_it(shared_fleet: Fleet, kubectl: Kubectl) -> None:
    kubectl("create", "serviceaccount", "bot")
    token = kubectl("create", "token", "bot", "--duration=1h").strip()
    server = f"{shared_fleet.clusters['a'].server}/token/{token}"
    assert f"Username system:serviceaccount:{kubectl.namespace}:bot" in kubectl.rows(
        "auth", "whoami", "--server", server
    )


def test_run_expose_and_autoscale(kubectl: Kubectl) -> None:
    kubectl("create", *DEPLOYMENT)
    kubectl("run", "one", IMAGE, "--env=A=1", "--restart=Never")
    kubectl("expose", "deployment", "web", "--name=door", "--port=80")
    assert "autoscaled" in kubectl("autoscale", "deployment", "web", "--min=3", "--max=5", "--cpu=70%")
    assert read(kubectl, "pod/one")["spec"]["containers"][0]["env"] == [{"name": "A", "value": "1"}]
    assert read(kubectl, "service/door")["spec"]["selector"] == {"app": "web"}
    (metric,) = read(kubectl, "hpa/web")["spec"]["metrics"]
    assert metric["resource"] == {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}
    until(lambda: read(kubectl, "deployment/web")["spec"]["replicas"] == 3, "scaled to the least")


def test_what_is_not_served_is_said_so(kubectl: Kubectl) -> None:
    kubectl("run", "one", IMAGE)
    kubectl("wait", "--for=condition=Ready", "pod/one", "--timeout=20s")
    upgrade = "unable to upgrade connection: upgrades are not supported by the simulator"
    for asked, words in [
        (("create", "quota", "small", "--hard=pods=3"), "the server could not find the requested resource"),
        (("debug", "one", IMAGE), "ephemeral containers are disabled for this cluster"),
        (("exec", "one", "--", "ls"), upgrade), (("port-forward", "pod/one", "0:80"), upgrade),
    ]:  # fmt: skip
        refused = kubectl.run(*asked)
        assert (refused.returncode, words in refused.stderr) == (1, True), refused.stderr


def test_a_refusal_of_what_came_by_protobuf_names_the_field(kubectl: Kubectl) -> None:
    refused = kubectl.run("create", "cronjob", "tidy", IMAGE, "--schedule=whenever")
    assert (
        'error: failed to create cronjob: CronJob.batch "tidy" is invalid: spec.schedule: ' in refused.stderr
    )


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        (("deployment.spec",), ["FIELD: spec <DeploymentSpec>", "replicas <integer>", "selector <LabelSelector> -required-",
                                "template <PodTemplateSpec> -required-"]),
        (("pod.spec.containers",), ["env <[]EnvVar>", "name <string> -required-", "readinessProbe <Probe>"]),
        (("pod.spec.containers.readinessProbe",), ["httpGet <HTTPGetAction>", "periodSeconds <integer>"]),
        (("pod.spec.containers.resources",), ["limits <map[string]Quantity>"]),
        (("service.spec.ports",), ["targetPort <IntOrString>"]),
        (("hpa", "--recursive"), ["VERSION: v2", "averageUtilization <integer>", "behavior <HorizontalPodAutoscalerBehavior>"]),
        (("cronjob.metadata.ownerReferences",), ["FIELD: ownerReferences <[]OwnerReference>", "uid <string> -required-"]),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)  # fmt: skip
def test_explain(kubectl: Kubectl, asked: tuple[str, ...], lines: list[str]) -> None:
    said = kubectl.rows("explain", *asked)
    assert [line for line in lines if line not in said] == []


def test_explain_of_a_custom_resource_says_what_its_definition_says(kubectl: Kubectl) -> None:
    size = {"type": "integer", "description": "How large it is."}
    spec = {"type": "object", "required": ["size"], "properties": {"size": size}}
    version = {"name": "v1", "served": True, "storage": True,
               "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}}  # fmt: skip
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "gadgets.example.org"},
        "spec": {"group": "example.org", "scope": "Namespaced", "names": {"plural": "gadgets", "kind": "Gadget"},
                 "versions": [version]},
    }  # fmt: skip
    kubectl("apply", "-f", "-", text=json.dumps(definition))
    kubectl("wait", "--for=condition=Established", "crd/gadgets.example.org", "--timeout=20s")
    said = kubectl.rows("explain", "gadgets.spec")
    assert said[0] == "GROUP: example.org"
    assert said[said.index("size <integer> -required-") + 1] == "How large it is."
