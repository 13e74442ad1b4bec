"""A small Blueprint for the tests of this folder: two components, their Services, a ConfigMap."""

from copy import deepcopy

from clusters.core.manifests import Manifest

IMAGES = {"api": "shop/api:v1", "frontend": "shop/frontend:v1"}


def deployment(name: str, **pod_spec: object) -> Manifest:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {
                    "containers": [
                        {"name": name, "image": "unset", "ports": [{"containerPort": 8080}]},
                        {"name": "proxy", "image": "envoy:1"},
                    ],
                    **pod_spec,
                },
            },
        },
    }


def service(name: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}]},
    }


def config(**data: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": data}


def manifests() -> list[Manifest]:
    mounted = [{"name": "settings", "configMap": {"name": "settings"}}]
    return deepcopy(
        [
            deployment("frontend"),
            deployment("api", volumes=mounted),
            service("api"),
            service("frontend"),
            config(color="blue"),
        ]
    )
