"""Fleets as rows, by Drover's own actions. Runs in a process that has the settings of a stack."""

import json
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from access.models import Person
from clusters.actions import add_revision, create_version
from clusters.core.blueprint import parse_blueprint
from clusters.core.prod_yaml import parse_prods
from orchestrator.provisioning import apply_specs
from traffic.actions import TenantGroup, load_tenants


def build(path: str) -> None:
    """Make the fleets in the file and print the numbers of the Runs that build them, as JSON."""
    runs = [_build_one(fleet) for fleet in json.loads(Path(path).read_text())]
    print(json.dumps(runs))  # noqa: T201


def _build_one(fleet: dict[str, Any]) -> int:
    admin = Person.objects.get(role="admin")
    with transaction.atomic():
        add_revision(admin, fleet["name"], list(parse_blueprint(yaml.safe_dump_all(_blueprint(fleet)))))
        for version in fleet["versions"]:
            images = {component: _image(fleet, component, version) for component in fleet["components"]}
            create_version(admin, fleet["name"], version, images)
        prods = yaml.safe_dump_all([_prod(fleet, prod) for prod in fleet["prods"]])
        _, (run,) = apply_specs(admin, parse_prods(prods))
        load_tenants(admin, [_group(route) for route in fleet["routes"]])
    return run.pk


def _image(fleet: dict[str, Any], component: str, version: str) -> str:
    return f"registry.example/{fleet['name']}/{component}:{version}"


def _blueprint(fleet: dict[str, Any]) -> list[dict[str, Any]]:
    settings = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings"},
        "data": {"on": "1"},
    }
    return [settings, *(_deployment(fleet, component) for component in fleet["components"])]


def _deployment(fleet: dict[str, Any], component: str) -> dict[str, Any]:
    container = {
        "name": component,
        "image": _image(fleet, component, "none"),
        "ports": [{"name": "http", "containerPort": 8080}],
        "envFrom": [{"configMapRef": {"name": "settings"}}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}, "periodSeconds": 1},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": component},
        "spec": {
            "replicas": 1,
            "progressDeadlineSeconds": 60,
            "revisionHistoryLimit": 2,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "selector": {"matchLabels": {"app": component}},
            "template": {"metadata": {"labels": {"app": component}}, "spec": {"containers": [container]}},
        },
    }


def _prod(fleet: dict[str, Any], prod: dict[str, Any]) -> dict[str, Any]:
    overrides: dict[str, Any] = {"replicas": dict(prod["replicas"])}
    if prod["fragile"]:
        sidecar = {"name": "sidecar", "image": _image(fleet, "sidecar", "v0")}
        overrides["patches"] = [_patch(fleet["components"][-1], {"containers": [sidecar]})]
    return {
        "apiVersion": "drover.dev/v1alpha1",
        "kind": "Prod",
        "metadata": {"name": prod["name"]},
        "spec": {
            "cluster": prod["cluster"],
            "blueprint": fleet["name"],
            "version": fleet["versions"][0],
            "role": prod["role"],
            "capacity": 1000,
            "overrides": overrides,
        },
    }


def _patch(component: str, pod: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "Deployment", "metadata": {"name": component}, "spec": {"template": {"spec": pod}}}


def _group(route: dict[str, Any]) -> TenantGroup:
    return TenantGroup(
        route["name"], route["tenants"], route["load"], route["redundancy"], tuple(route["prods"])
    )
