"""What the main requests and answers look like, for the schema."""

from typing import Any, Final

from .api_bodies import BODIES, DIGEST, TENANT_PLACE
from .survival_example import DRILL, SURVIVAL

REASON: Final = {
    "code": "few-users",
    "params": {"limit": 50, "load": 20},
    "text": "Few users: 20 of at most 50.",
}
RUN: Final = {
    "id": 17,
    "kind": "release",
    "state": "running",
    "reason": None,
    "since": "2026-03-01T09:00:00Z",
    "blueprint": "shop",
    "version": "v1.1.0",
    "digest": DIGEST,
    "author": "manager",
    "rollback_of": None,
    "preempted_by": None,
    "created_at": "2026-03-01T09:00:00Z",
    "started_at": "2026-03-01T09:00:00Z",
    "finished_at": None,
}
RELEASE: Final = {
    "blueprint": "shop",
    "version": "v1.1.0",
    "strategy": {"name": "impact", "parallel": 2},
    "exclude": [{"prod": "a-1", "reason": "a customer's launch today"}],
}
TOKEN: Final = {
    "id": 4,
    "name": "ci",
    "person": "manager",
    "role": "release-manager",
    "hint": "drv_8Kq2",
    "made_by": "manager",
    "parent": None,
    "created_at": "2026-03-01T09:00:00Z",
    "expires_at": "2026-06-01T00:00:00Z",
    "revoked_at": None,
    "last_used_at": None,
}
CARRIED: Final = {"code": "others-carry", "params": {"prods": "b-1"}, "text": "b-1 carries it."}
EVACUATION: Final = {
    "kind": "failover",
    "cluster": "a",
    "prod": None,
    "digest": RUN["digest"],
    "reasons": [],
    "moves": [
        {
            "route": "shop-r-1",
            "tenants": 100,
            "load": 100,
            "was": [{"prod": "a-2", "weight": 50}, {"prod": "b-1", "weight": 50}],
            "weights": [{"prod": "a-2", "weight": 0}, {"prod": "b-1", "weight": 100}],
            "percent": 100,
            "fence": False,
            "reason": CARRIED,
        }
    ],
    "safe": [{"route": "shop-r-1", "tenants": 100, "load": 100, "reason": CARRIED}],
    "waiting": [],
    "staying": [],
    "lost": [],
    "room": [],
    "routers": [{"name": "edge-1", "failure_domain": "tokyo-dc2", "routes": 1, "done": 1}],
    "estimate_s": 1,
    "estimate_from": "moves",
    "waves": [],
    "preempts": [17],
}
PROBLEM: Final = {
    "type": "/problems/plan-stale",
    "title": "Refused",
    "status": 409,
    "code": "plan-stale",
    "detail": "The facts have changed since this plan was shown: look at it again.",
    "reasons": [{"code": "plan-stale", "params": {}, "text": "The facts have changed …"}],
}
INVALID: Final = {
    "type": "/problems/invalid",
    "title": "The request is not valid",
    "status": 400,
    "code": "invalid",
    "detail": "strategy.parallel: 1 or more.",
    "errors": [{"field": "strategy.parallel", "code": "invalid", "text": "1 or more."}],
}

# (method, path under /api/v1) -> example of the request's body.
REQUESTS: Final[dict[tuple[str, str], Any]] = BODIES | {
    ("post", "/releases/preview/"): RELEASE,
    ("post", "/releases/"): {**RELEASE, "digest": RUN["digest"]},
    ("post", "/runs/{run_id}/actions/rollback/"): {"reason": "checkout fails for one customer in ten"},
    ("post", "/runs/{run_id}/actions/approve/"): {"reason": "the metrics are fine", "step": 204},
    ("post", "/runs/{run_id}/actions/retry/"): {"reason": "the registry is back", "step": 198},
    ("post", "/automation/stop/"): {"reason": "the uplink of the office is flapping"},
    ("post", "/line/stop/"): {"reason": "alerts on every Prod since 10:42"},
    ("post", "/line/resume/"): {"reason": "it was the probe"},
    ("post", "/automation/failover/"): {
        "redundancy": "two-domain",
        "on": True,
        "reason": "the drill of May went well",
    },
    ("post", "/clusters/{name}/evacuation/"): {
        "digest": RUN["digest"],
        "reason": "the power is out in tokyo-dc1",
        "confirm": "a",
    },
    ("post", "/clusters/{name}/failback/"): {
        "digest": RUN["digest"],
        "reason": "tokyo-dc1 has been up for an hour",
    },
    ("post", "/prods/{name}/evacuation/"): {
        "digest": RUN["digest"],
        "reason": "its database is full",
        "confirm": "a-1",
    },
    ("post", "/prods/{name}/failback/"): {"digest": RUN["digest"], "reason": "its database has room again"},
    ("post", "/versions/"): {
        "blueprint": "shop",
        "name": "v1.1.0",
        "images": {"api": "registry.example/shop/api:1.1.0", "frontend": "registry.example/shop/web:1.1.0"},
        "rollback": "safe",
    },
    ("post", "/tokens/"): {"name": "ci", "role": "release-manager", "expires_at": "2026-06-01T00:00:00Z"},
    ("post", "/people/"): {"username": "mika", "role": "on-call"},
}
# (method, path, status) -> example of the answer's body.
ANSWERS: Final[dict[tuple[str, str, str], Any]] = {
    ("post", "/releases/", "201"): RUN,
    ("get", "/runs/", "200"): {"next": None, "previous": None, "results": [RUN]},
    ("post", "/runs/{run_id}/actions/pause/", "200"): {**RUN, "state": "paused"},
    ("post", "/runs/{run_id}/actions/resume/preview/", "200"): {
        "digest": DIGEST,
        "reasons": [],
        "changes": [
            {
                "prod": "c-1",
                "before": {"class": "few", "wave": 2, "held": None, "from": "v1.0.0"},
                "after": {"class": "single", "wave": 4, "held": None, "from": "v1.0.0"},
                "reason": {
                    "code": "single-users",
                    "params": {"load": 420, "routes": 2},
                    "text": "Load 420; on 2 of its Routes nobody in another failure domain serves.",
                },
                "other_steps": False,
            }
        ],
        "left": [
            {
                "prod": "b-2",
                "reason": {
                    "code": "changed-meanwhile",
                    "params": {"at": "2026-03-01 10:20 UTC", "prod": "b-2", "run": 19, "version": "v1.0.5"},
                    "text": "b-2 stays as it is: run 19 has brought it to v1.0.5 meanwhile, or begun to "
                    "(2026-03-01 10:20 UTC).",
                },
            }
        ],
        "waves": [],
    },
    ("post", "/runs/{run_id}/actions/rollback/", "200"): {
        **RUN,
        "id": 18,
        "kind": "rollback",
        "version": None,
        "rollback_of": 17,
    },
    ("get", "/line/", "200"): {"stopped": None},
    ("post", "/line/stop/", "200"): {
        "stopped": {
            "author": "oncall",
            "reason": "alerts on every Prod since 10:42",
            "at": "2026-03-01T10:45:00Z",
        }
    },
    ("post", "/line/resume/", "200"): {"stopped": None},
    ("get", "/rebalance/", "200"): {
        "at": "2026-03-01T09:00:01Z",
        "most_percent": 80,
        "moves": [
            {
                "route": "shop-s-4",
                "epoch": 7,
                "source": "a-1",
                "to": "c-1",
                "weights": {"a-1": 0, "c-1": 100},
                "tenants": 100,
                "load": 100,
                "room": 880,
                "reason": {
                    "code": "relieves",
                    "params": {"prod": "a-1", "to": "c-1"},
                    "text": "It moves to c-1 because a-1 has too much to carry.",
                },
            }
        ],
        "staying": [],
    },
    ("get", "/requests/", "200"): {
        "read_at": "2026-03-01T09:00:00Z",
        "fresh": True,
        "versions": [
            {
                "blueprint": "shop",
                "version": "v1.0.0",
                "prods": 5,
                "requests_per_s": 41.2,
                "errors_per_s": 0.0,
            },
            {
                "blueprint": "shop",
                "version": "v1.1.0",
                "prods": 1,
                "requests_per_s": None,
                "errors_per_s": None,
            },
        ],
    },
    ("get", "/survival/", "200"): SURVIVAL,
    ("get", "/drills/", "200"): {
        "next": None,
        "previous": None,
        "results": [DRILL],
    },
    ("post", "/routes/{name}/actions/weights/preview/", "200"): {
        "lines": [
            {
                "prod": "a-2",
                "was": 50,
                "will": 90,
                "was_percent": 50,
                "will_percent": 90,
                "was_load": 50,
                "will_load": 90,
                "committed": 300,
                "capacity": 1000,
            },
            {
                "prod": "b-1",
                "was": 50,
                "will": 10,
                "was_percent": 50,
                "will_percent": 10,
                "was_load": 50,
                "will_load": 10,
                "committed": 300,
                "capacity": 1000,
            },
        ],
        "instances": 2,
        "writes": 14,
        "warnings": [],
        "same": False,
    },
    ("post", "/tenant-placements/preview/", "200"): TENANT_PLACE,
    ("post", "/clusters/{name}/evacuation/preview/", "200"): EVACUATION,
    ("post", "/clusters/{name}/evacuation/", "201"): {**RUN, "kind": "failover", "version": None},
    ("post", "/clusters/{name}/failback/", "201"): {**RUN, "id": 19, "kind": "failback", "version": None},
    ("post", "/prods/{name}/evacuation/preview/", "200"): {**EVACUATION, "prod": "a-2"},
    ("post", "/prods/{name}/evacuation/", "201"): {**RUN, "kind": "failover", "version": None},
    ("post", "/prods/{name}/failback/", "201"): {**RUN, "id": 19, "kind": "failback", "version": None},
    ("post", "/tokens/", "201"): {**TOKEN, "token": "drv_" + "x" * 49},
    ("get", "/tokens/", "200"): {"next": None, "previous": None, "results": [TOKEN]},
    ("get", "/me/", "200"): {
        "username": "manager",
        "role": "viewer",
        "token": {**TOKEN, "role": "viewer"},
        "may": ["read", "release.preview", "token.own"],
    },
}
