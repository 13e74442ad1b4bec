"""What `GET survival/` answers, and a drill, for the pages of the API."""

from typing import Final

DRILL: Final = {
    "run": 31,
    "kind": "failover",
    "cluster": "d",
    "prod": None,
    "state": "succeeded",
    "started_at": "2026-03-01T09:00:00Z",
    "took_s": 1.4,
}
SURVIVAL: Final = {
    "at": "2026-03-01T09:00:01Z",
    "facts_from": "2026-03-01T09:00:00Z",
    "unknown": [],
    "last_rehearsal": DRILL,
    "clusters": [
        {
            "kind": "cluster",
            "name": "a",
            "safe": 300,
            "kept": [{"prod": "b-1", "tenants": 300}],
            "moved": 400,
            "moves": [{"prod": "b-1", "tenants": 100}, {"prod": "c-1", "tenants": 300}],
            "wait": 0,
            "waiting": [],
            "lost_tenants": 0,
            "lost": [],
            "unsafe": [],
            "room": [
                {"prod": "b-1", "room": 600, "capacity": 1000, "percent": 60},
                {"prod": "c-1", "room": 680, "capacity": 1000, "percent": 68},
            ],
            "signals": {
                "cluster": "a",
                "state": "up",
                "reason": None,
                "since": "2026-03-01T08:00:00Z",
                "read_at": "2026-03-01T09:00:00Z",
                "signals": [
                    {"name": "api", "good": True, "at": "2026-03-01T09:00:00Z"},
                    {"name": "direct", "good": True, "at": "2026-03-01T09:00:00Z"},
                    {"name": "routed", "good": None, "at": None},
                ],
                "ways": [{"signal": "direct", "name": "a-1", "good": True, "said": "200"}],
                "absent": [],
            },
            "automatic": {"state": "on", "classes": ["none"], "reasons": [], "since": None},
        }
    ],
    "prods": [],
    "troubles": [
        {
            "route": "shop-t-1",
            "tenants": 100,
            "load": 100,
            "reason": {
                "code": "redundancy-not-given",
                "params": {"domain": "tokyo"},
                "text": "It is to be in two failure domains and is only in tokyo.",
            },
        }
    ],
}
