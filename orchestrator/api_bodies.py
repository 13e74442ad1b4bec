"""What is sent to each operation that takes a body: an example for the schema."""

from typing import Any, Final

DIGEST: Final = "9f2c4b7d1e6a8035c9f2c4b7d1e6a8035c9f2c4b7d1e6a8035c9f2c4b7d1e6a8"
MANIFESTS: Final = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  replicas: 2
  selector:
    matchLabels: {app: api}
  template:
    metadata:
      labels: {app: api}
    spec:
      containers:
        - name: api
          image: registry.example/shop/api:1.1.0
"""
ACCESS: Final = {
    "access": "token",
    "credentials": {
        "server": "https://cluster-d.example:6443",
        "token": "the text of a service account's token",
        "ca": "",
    },
}
OVERRIDES: Final = {"replicas": {"api": 3}}
INSTANCE: Final = {
    "name": "edge-3",
    "failure_domain": "osaka-dc1",
    "cluster": "",
    "settings": {"address": "10.0.0.7:9999"},
}
LIST: Final = """\
name,hostnames,load,redundancy
kikuya,www.kikuya.example kikuya.example,3,two-domain
sakana,www.sakana.example,1,none
"""
TENANT: Final = {
    "hostnames": ["www.kikuya.example"],
    "load": 3,
    "redundancy": "two-domain",
    "data_class": "replicated",
    "pins": ["a-2", "b-1", "b-2"],
}

TENANT_PLACE: Final = {
    "name": "kikuya",
    "load": 3,
    "route": "shop-two-domain-replicated-1",
    "new_route": True,
    "prods": ["a-2", "b-1"],
    "reason": {
        "code": "new-route",
        "params": {"limit": 100},
        "text": "No Route that is alike had space; this one may have a load of 100.",
    },
    "prods_reason": {
        "code": "only-pinned",
        "params": {
            "pins": "a-2, b-1, b-2",
            "why": "roomiest-in-domains",
            "domains": "osaka, tokyo",
            "fitting": 3,
            "prods": "a-2, b-1",
            "room": 697,
        },
        "text": "It is pinned to a-2, b-1, b-2. A new Route: in two failure domains (osaka, tokyo) a-2, b-1 had most room, "
        "of 3 Prods that may take it. Each then has room for 697 more at least.",
    },
    "reasons": [],
    "digest": DIGEST,
}

# (method, path under /api/v1) -> example of the request's body.
BODIES: Final[dict[tuple[str, str], Any]] = {
    ("post", "/automation/resume/"): {"reason": "the uplink is steady again"},
    ("post", "/blueprints/"): {"name": "store", "manifests": MANIFESTS, "note": "as helm template prints it"},
    ("post", "/blueprints/check/"): {"manifests": MANIFESTS},
    ("post", "/blueprints/{name}/revisions/"): {"manifests": MANIFESTS, "note": "two replicas", "base": 3},
    ("post", "/clusters/"): {
        "name": "d",
        "provider": "on-premises",
        "region": "",
        "failure_domain": "osaka-dc1",
        "purpose": "workload",
        **ACCESS,
    },
    ("post", "/clusters/{name}/evacuation/take-back/"): {"reason": "the power is back"},
    ("patch", "/clusters/{name}/"): {"failure_domain": "osaka-dc2"},
    ("put", "/clusters/{name}/credentials/"): ACCESS,
    ("post", "/clusters/{name}/actions/cordon/"): {"reason": "new disks on Monday"},
    ("post", "/clusters/{name}/actions/uncordon/"): {"reason": "the disks are in"},
    ("post", "/clusters/{name}/actions/retire/"): {"reason": "moved to osaka-dc2"},
    ("post", "/people/{username}/role/"): {"role": "release-manager", "reason": "leads the shop team now"},
    ("post", "/people/{username}/deactivate/"): {"reason": "has left"},
    ("post", "/people/{username}/activate/"): {"reason": "is back"},
    ("post", "/prods/"): {
        "apiVersion": "drover.dev/v1alpha1",
        "kind": "Prod",
        "metadata": {"name": "c-3"},
        "spec": {
            "cluster": "c",
            "blueprint": "shop",
            "version": "v1.0.0",
            "role": "live",
            "capacity": 500,
            "overrides": OVERRIDES,
        },
    },
    ("patch", "/prods/{name}/"): {"capacity": 1200},
    ("post", "/prods/{name}/actions/change/preview/"): {"overrides": OVERRIDES, "soak_s": 60},
    ("post", "/prods/{name}/actions/change/"): {
        "overrides": OVERRIDES,
        "soak_s": 60,
        "digest": DIGEST,
        "reason": "the sale begins on Friday",
    },
    ("post", "/prods/{name}/actions/scale/preview/"): {"component": "api", "replicas": 5},
    ("post", "/prods/{name}/actions/scale/"): {
        "component": "api",
        "replicas": 5,
        "digest": DIGEST,
        "reason": "the sale begins on Friday",
    },
    ("post", "/prods/{name}/actions/heal/preview/"): {"take_over": False},
    ("post", "/prods/{name}/actions/heal/"): {
        "take_over": False,
        "digest": DIGEST,
        "reason": "edited by hand",
    },
    ("post", "/prods/{name}/actions/self-heal/"): {"on": True, "reason": "nobody edits it by hand any more"},
    ("post", "/prods/{name}/actions/hold/"): {"reason": "a customer's launch today"},
    ("post", "/prods/{name}/actions/lift-hold/"): {"reason": "the launch is over"},
    ("post", "/prods/{name}/actions/retire/"): {
        "confirm": "c-3",
        "digest": DIGEST,
        "reason": "its tenants moved to c-1",
    },
    ("post", "/routers/"): {"name": "proxies", "kind": "haproxy", "instances": [INSTANCE]},
    ("post", "/routers/{name}/instances/"): INSTANCE,
    ("post", "/routers/{name}/actions/publish/"): {"routes": ["shop-r-1", "shop-r-2"]},
    ("post", "/routers/{name}/actions/unpublish/"): {"routes": ["shop-r-2"]},
    ("post", "/routers/{name}/adoption/"): {
        "digest": DIGEST,
        "confirm": "books-1 staff-1",
        "reason": "moved by break-glass at 03:10",
    },
    ("post", "/routes/{name}/actions/weights/"): {
        "weights": {"a-2": 90, "b-1": 10},
        "epoch": 7,
        "for_good": False,
        "confirm": "",
        "reason": "b-1 answers slowly",
    },
    ("post", "/routes/{name}/actions/weights/preview/"): {"weights": {"a-2": 90, "b-1": 10}},
    ("post", "/routes/{name}/actions/return/"): {
        "epoch": 6,
        "seen": 7,
        "confirm": "",
        "reason": "b-1 is well again",
    },
    **{
        ("post", f"/runs/{{run_id}}/actions/{verb}/"): {"reason": reason}
        for verb, reason in {
            "pause": "the on-call wants to look at the logs",
            "abort": "the release is off",
        }.items()
    },
    ("post", "/runs/{run_id}/actions/resume/"): {"reason": "the failover is done", "digest": DIGEST},
    ("post", "/runs/{run_id}/actions/skip/"): {"reason": "c-2 is to be rebuilt anyway", "step": 198},
    ("post", "/tenants/"): {"name": "kikuya", "blueprint": "shop", **TENANT},
    ("post", "/tenant-placements/preview/"): {"name": "kikuya", "blueprint": "shop", **TENANT},
    ("post", "/tenants/{name}/actions/move/preview/"): {"prods": ["b-2"]},
    ("patch", "/tenants/{name}/"): {"load": 5},
    ("post", "/tenant-imports/preview/"): {"text": LIST},
    ("post", "/tenant-imports/"): {"text": LIST, "digest": DIGEST},
    ("post", "/tenants/{name}/actions/move/"): {"prods": ["b-2"], "reason": "nearer to its users"},
    ("post", "/tokens/{id}/revoke/"): {"reason": "the laptop was lost"},
    ("post", "/versions/{id}/actions/veto/"): {"reason": "checkout fails for one customer in ten"},
    ("post", "/versions/{id}/actions/lift-veto/"): {"reason": "the cause was a bad cache, not the Version"},
}
