"""Mistakes of Blueprints: a simulated cluster and a real one find the same wrong with each, in the same words.

`refused.json` holds a mistake a line and its causes as a kube-apiserver 1.36.2 named them: `pod` are fields in the pod of a
Deployment, `body` is the whole object of a `plural`.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from clusters.core.manifests import Manifest
from tests.adapters.kubernetes.api import Api
from tests.adapters.kubernetes.asked import path, workload

REFUSED: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("refused.json").read_text("utf-8"))


def of_pod(fields: Manifest) -> Manifest:
    """A Deployment whose pods have these fields."""
    body = workload()
    body["spec"]["template"]["spec"] |= fields
    return body


@pytest.mark.parametrize("name", REFUSED)
def test_a_mistake_is_refused_for_the_same_causes(name: str, api: Api, space: str) -> None:
    row = REFUSED[name]
    body = of_pod(row["pod"]) if "pod" in row else row["body"]
    refused = api.answer("POST", path(space, row.get("plural", "deployments")) + "?dryRun=All", body)
    assert refused.status == 422, refused.message
    causes = [[cause["field"], cause["message"]] for cause in refused.body["details"]["causes"]]
    assert sorted(causes) == sorted(row["causes"])


PORTS = {"type": "NodePort", "ports": [{"port": 80, "nodePort": 80}]}
OUTSIDE = "provided port is not in the valid range. The range of valid ports is 30000-32767"


def test_a_node_port_is_in_the_range_of_the_cluster(api: Api, space: str) -> None:
    """Only where something is stored: a dry run does not ask the allocator."""
    body = {"metadata": {"name": "api"}, "spec": PORTS}
    (cause,) = api.answer("POST", path(space, "services"), body).body["details"]["causes"]
    assert (cause["field"], cause["message"]) == ("spec.ports[0].nodePort", f"Invalid value: 80: {OUTSIDE}")
    assert api.answer("POST", path(space, "services") + "?dryRun=All", body).status == 201
