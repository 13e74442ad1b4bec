"""A release of the example fleet by Drover, and by a shell loop of kubectl in the same order.

Both run on the same stack, one after the other, with the same evidence asked for: every pod of a Prod
runs the new image and is ready before the next Prod is touched; no soak. The critical path is the
fleet's own: from a Prod's first patch to its last pod's readiness, by the simulator's audit log, summed over the
Prods, which follow one another.
"""

import argparse
import subprocess
import time
from typing import Any

import httpx

from orchestrator.embedded.stack import Stack
from tests.kubectl import KUBECTL

ORDER = ("c-2", "c-1", "a-2", "b-1", "a-1", "b-2")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pod-start", default="0.5-0.5", help="seconds from a pod's creation to ready")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with Stack.started(pod_start=options.pod_start) as stack:
        # What kubectl has set belongs to kubectl: Drover would rightly refuse to take it over.
        ours = [measure(stack, f"bench-{number}") for number in range(options.rounds)]
        theirs = [kubectl_loop(stack, f"kubectl-{number}") for number in range(options.rounds)]
    print(f"pods ready after {options.pod_start} s; {options.rounds} rounds; seconds")
    print("| round | critical path | Drover | Drover / critical path | kubectl loop | Drover / kubectl |")
    print("|---|---|---|---|---|---|")
    for number, ((path, drover), kubectl) in enumerate(zip(ours, theirs, strict=True), start=1):
        shares = f"{drover / path:.2f} | {kubectl:.2f} | {drover / kubectl:.2f}"
        print(f"| {number} | {path:.2f} | {drover:.2f} | {shares} |")


def measure(stack: Stack, tag: str) -> tuple[float, float]:
    """(critical path, wall time) of one release by Drover."""
    since = audit(stack, 0)["next"]
    took = release(stack, tag)
    return critical_path(audit(stack, since)["entries"]), took


def release(stack: Stack, tag: str) -> float:
    """Seconds from asking for the start to the run's end, as the API's caller sees it."""
    with httpx.Client(
        base_url=f"{stack.url}/api/v1/",
        headers={"Authorization": f"Bearer {stack.demo['token']}"},
        timeout=70,
    ) as api:
        images = {name: f"registry.example/shop/{name}:{tag}" for name in ("api", "frontend")}
        ask(api, "versions/", {"blueprint": "shop", "name": tag, "images": images})
        body = {"blueprint": "shop", "version": tag, "strategy": {"soak_s": 0}}
        digest = ask(api, "releases/preview/", body)["digest"]
        began = time.monotonic()
        run = ask(api, "releases/", {**body, "digest": digest})
        after = 0
        while run["state"] == "running":
            run = api.get(f"runs/{run['id']}/", params={"wait": 30, "after": after}).raise_for_status().json()
            after = run["last_event"]
        if run["state"] != "succeeded":
            raise SystemExit(f"the release {run['state']}: {run['reason']}")
        return time.monotonic() - began


def ask(api: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = api.post(path, json=body).raise_for_status().json()
    return answer


def kubectl_loop(stack: Stack, tag: str) -> float:
    """Seconds for set image and rollout status of both Deployments, Prod by Prod."""
    began = time.monotonic()
    for prod in ORDER:
        kubectl = [KUBECTL, "--kubeconfig", stack.demo["kubeconfig"], "--context", prod[0]]
        kubectl += ["--namespace", f"prod-{prod}"]
        for name in ("api", "frontend"):
            image = f"{name}=registry.example/shop/{name}:{tag}"
            run([*kubectl, "set", "image", f"deployment/{name}", image])
        for name in ("api", "frontend"):
            run([*kubectl, "rollout", "status", f"deployment/{name}"])
    return time.monotonic() - began


def run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def audit(stack: Stack, since: int) -> dict[str, Any]:
    """The audit log from `since` on: `entries`, and `next` to go on from."""
    params = {"since": since, "limit": 1_000_000}
    answer = httpx.get(f"{stack.demo['simulator']}/audit", params=params).raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def critical_path(entries: list[dict[str, Any]]) -> float:
    """Seconds that the fleet itself needed: the sum of its Prods' own roll-outs."""
    return sum(_roll_out(entries, f"prod-{prod}") for prod in ORDER)


def _roll_out(entries: list[dict[str, Any]], namespace: str) -> float:
    ours = [entry for entry in entries if entry.get("namespace") == namespace]
    patched = [
        entry["t"]
        for entry in ours
        if entry["type"] == "request" and entry["resource"] == "deployments" and entry["verb"] == "patch"
    ]
    ready = [entry["t"] for entry in ours if entry["type"] == "pod" and entry["event"] == "ready"]
    return max(ready) - min(patched)


if __name__ == "__main__":
    main()
