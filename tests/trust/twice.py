"""What each operation of the API is told that is sent twice."""

import json
from typing import Any

from django.test import Client

from tests import build
from tests.trust.bodies import VALID, filled

Key = tuple[str, str]
SAME = ""  # answered again with what is there
# What the same again is told. `field:NAME`: 400 that names the field.
AGAIN: dict[Key, str] = {
    ("patch", "/clusters/{name}/"): SAME,
    ("patch", "/prods/{name}/"): SAME,
    ("post", "/automation/failover/"): "auto-failover-already",
    ("post", "/automation/resume/"): "automation-not-stopped",
    ("post", "/automation/stop/"): "automation-already-stopped",
    ("post", "/blueprints/"): "blueprint-exists",
    ("post", "/blueprints/{name}/revisions/"): SAME,
    ("post", "/clusters/"): "cluster-exists",
    ("post", "/clusters/{name}/actions/cordon/"): "cluster-intent",
    ("post", "/clusters/{name}/actions/retire/"): "cluster-retired",
    ("post", "/clusters/{name}/actions/uncordon/"): "cluster-intent",
    ("post", "/clusters/{name}/evacuation/"): "plan-stale",
    ("post", "/clusters/{name}/evacuation/take-back/"): "no-moves-to-take-back",
    ("post", "/clusters/{name}/failback/"): "claimed",
    ("post", "/line/resume/"): "line-not-stopped",
    ("post", "/line/stop/"): "line-already-stopped",
    ("post", "/people/"): "field:username",
    ("post", "/people/{username}/activate/"): "person-active",
    ("post", "/people/{username}/deactivate/"): "person-not-active",
    ("post", "/people/{username}/role/"): SAME,
    ("post", "/prods/"): SAME,
    ("post", "/prods/{name}/actions/change/"): "plan-stale",
    ("post", "/prods/{name}/evacuation/"): "plan-stale",
    ("post", "/prods/{name}/failback/"): "claimed",
    ("post", "/prods/{name}/actions/heal/"): "claimed",
    ("post", "/prods/{name}/actions/hold/"): "prod-held-already",
    ("post", "/prods/{name}/actions/lift-hold/"): "hold-not-standing",
    ("post", "/prods/{name}/actions/retire/"): "claimed",
    ("post", "/prods/{name}/actions/scale/"): "plan-stale",
    ("post", "/prods/{name}/actions/self-heal/"): "self-heal-already",
    ("post", "/releases/"): "claimed",
    ("post", "/runs/{run_id}/actions/abort/"): "run-already-stopping",
    ("post", "/runs/{run_id}/actions/approve/"): "already-approved",
    ("post", "/runs/{run_id}/actions/pause/"): "run-not-running",
    ("post", "/runs/{run_id}/actions/resume/"): "run-not-paused",
    ("post", "/runs/{run_id}/actions/retry/"): "nothing-failed",
    ("post", "/runs/{run_id}/actions/rollback/"): "already-rolled-back",
    ("post", "/runs/{run_id}/actions/skip/"): "step-ended",
    ("post", "/routers/"): "field:name",
    ("post", "/routers/{name}/instances/"): "field:name",
    ("post", "/routers/{name}/adoption/"): "shown-moved-on",
    ("post", "/routers/{name}/actions/publish/"): SAME,
    ("post", "/routers/{name}/actions/unpublish/"): SAME,
    ("post", "/routes/{name}/actions/return/"): "route-moved-on",
    ("post", "/routes/{name}/actions/weights/"): "route-moved-on",
    ("patch", "/tenants/{name}/"): SAME,
    ("post", "/tenant-imports/"): SAME,
    ("post", "/tenants/"): "field:name",
    ("post", "/tenants/{name}/actions/move/"): "field:route",
    ("post", "/tokens/"): "field:name",
    ("post", "/tokens/{id}/revoke/"): "token-revoked-already",
    ("post", "/versions/"): SAME,
    ("post", "/versions/{id}/actions/lift-veto/"): "version-not-vetoed",
    ("post", "/versions/{id}/actions/veto/"): "version-vetoed-already",
}
# What the second is told only if both come at the same moment.
AT_ONCE = {("post", "/prods/"): "prod-made-meanwhile"}
# They are done again, whole, each time: what is stored is other than before though it says the same.
ANEW = {("put", "/clusters/{name}/credentials/")}
# They only look.
LOOK = {
    ("post", "/blueprints/check/"),
    ("post", "/prods/{name}/actions/change/preview/"),
    ("post", "/prods/{name}/actions/heal/preview/"),
    ("post", "/prods/{name}/actions/scale/preview/"),
    ("post", "/releases/preview/"),
    ("post", "/routes/{name}/actions/weights/preview/"),
    ("post", "/tenant-imports/preview/"),
    ("post", "/tenant-placements/preview/"),
    ("post", "/tenants/{name}/actions/move/preview/"),
}


# The tag is of the Run, which goes on while its steps move; the step itself refuses who comes second.
OF_A_STEP = {("post", f"/runs/{{run_id}}/actions/{verb}/") for verb in ("approve", "retry", "skip")}

# Writes that honour no If-Match, and why. The schema offers it for all others.
UNCONDITIONAL: dict[str, set[Key]] = {
    "makes something new: nothing was read": {
        ("post", f"/{kind}/")
        for kind in (
            *("blueprints", "clusters", "people", "prods", "releases"),
            *("routers", "tenant-imports", "tenants", "tokens", "versions"),
        )
    },
    "stores nothing": {
        ("post", "/blueprints/check/"),
        ("post", "/clusters/{name}/actions/test/"),
        ("post", "/clusters/{name}/evacuation/preview/"),
        ("post", "/clusters/{name}/failback/preview/"),
        ("post", "/prods/{name}/actions/change/preview/"),
        ("post", "/prods/{name}/actions/heal/preview/"),
        ("post", "/prods/{name}/actions/retire/preview/"),
        ("post", "/prods/{name}/actions/scale/preview/"),
        ("post", "/prods/{name}/evacuation/preview/"),
        ("post", "/prods/{name}/failback/preview/"),
        ("post", "/releases/preview/"),
        ("post", "/runs/{run_id}/actions/resume/preview/"),
        ("post", "/routes/{name}/actions/weights/preview/"),
        ("post", "/tenant-imports/preview/"),
        ("post", "/tenant-placements/preview/"),
        ("post", "/tenants/{name}/actions/move/preview/"),
    },
    "only looks once more": {("post", "/prods/{name}/actions/check-drift/")},
    "a switch for the whole fleet, no thing that has a tag": {
        ("post", "/automation/failover/"),
        ("post", "/automation/resume/"),
        ("post", "/automation/stop/"),
        ("post", "/line/resume/"),
        ("post", "/line/stop/"),
    },
    "its digest guards it": {("post", "/routers/{name}/adoption/")},
    "speaks to the router, in no transaction": {
        ("delete", "/routers/{name}/instances/{instance}/"),
        ("post", "/routers/{name}/actions/unpublish/"),
    },
}


def send(client: Client, key: Key, path: str, body: Any, **headers: str) -> tuple[int, str]:
    """Status, and what it was told: a code, `field:NAME`, or nothing."""
    answer = client.generic(
        key[0].upper(), path, json.dumps(body), content_type="application/json", headers=headers
    )
    said = answer.json()
    if answer.status_code < 400:
        return answer.status_code, SAME
    return answer.status_code, f"field:{said['errors'][0]['field']}" if "errors" in said else said["code"]


def arranged(key: Key) -> tuple[str, Any]:
    """The path and a body that is taken there now."""
    build.fresh()
    VALID[key].arrange()
    build.fresh()
    return filled(VALID[key].path), VALID[key].bodies()[0]
