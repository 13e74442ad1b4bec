"""What a release, a rollback, a failover and a failback do to users who send requests all the time, on a real stack
of six Prods: through its two gateways, and through HAProxy where it is installed.

A click is the moment before the request that a button would send. Failed and misrouted requests are those of the
users' own log; misrouted is one that a Prod answered which its Route gave no weight at that moment, nor in the second before.
Beside the rollback stands `kubectl rollout undo` of all Prods in parallel.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from orchestrator.embedded.stack import Stack, wait_until
from tests.adapters.routers.system.real_haproxy import RealHaproxy
from tests.adapters.routers.system.relay import Relay
from tests.e2e.api import Api, told
from tests.e2e.astray import misrouted
from tests.e2e.example import NORMAL, SHOP_S
from tests.e2e.users import Users, errors
from tests.e2e.world import World
from tests.kubectl import KUBECTL

SOON_S, LONG_S = 60.0, 300.0
POLL_S = 0.2
CLICKS = 40
PRODS = ("a-1", "a-2", "b-1", "b-2", "c-1", "c-2")
ROUTES = tuple(NORMAL)
PUBLISH = """
from access.models import Person
from traffic.actions import publish_routes, register_router
admin = Person.objects.get(role="admin")
at = {{"name": "proxy-1", "failure_domain": "proxy-dc", "settings": {settings}}}
register_router(admin, "proxy", "haproxy", [at])
publish_routes(admin, "proxy", {routes})
"""
LIFT = """
from django.utils import timezone
from releases.models import Hold
Hold.objects.filter(lifted_at=None).update(lifted_at=timezone.now())
"""


class Bench:
    """A stack, its doors, and what was measured there."""

    def __init__(self, stack: Stack, rate: float) -> None:
        self.stack, self.world = stack, World(stack)
        self.api, self.users = Api(stack.url, stack.demo["token"]), Users(stack)
        self.harmful: list[str] = []  # what should have hurt nobody, and did
        self.relay: Relay | None = None  # of HAProxy's runtime socket, while there is one
        self.users.hurry(rate)
        wait_until(lambda: len(self.users.served("group")) == len(ROUTES), SOON_S, "everybody is served")

    def told(
        self, door: str, what: str, since: float, until: float, more: str, *, harmless: bool = True
    ) -> None:
        """Print a row about the requests sent between two moments (seconds since the epoch), and remember what hurt
        somebody that should be `harmless`. Nobody may ever be misrouted."""
        wait_until(lambda: self.users.log(until), SOON_S, "the log is written")
        sent = [one for one in self.users.log(since) if one["t"] <= until]
        epochs = {route: self.api.all(f"routes/{route}/epochs/") for route in ROUTES}
        failed, astray = len(errors(sent)), len(misrouted(sent, epochs))
        print(f"| {door} | {what} | {len(sent)} | {failed} | {astray} | {more} |", flush=True)
        if astray or (failed and harmless):
            self.harmful.append(f"{door}: {what}")

    def epochs(self) -> dict[str, int]:
        return {route["name"]: route["epoch"] for route in self.api.get("routes/")["results"]}

    def published(self, asked: dict[str, int]) -> float:
        """When the last router was read back at these epochs, as the rows tell: who asks all the time takes the
        processor from what is measured. Raises TimeoutError."""
        deadline = time.monotonic() + SOON_S
        while time.monotonic() < deadline:
            rows = [one for one in self.api.get("routes/")["results"] if one["name"] in asked]
            lines = [(line, asked[row["name"]]) for row in rows for line in row["publications"]]
            if all(line["epoch"] >= epoch and line["state"] == "published" for line, epoch in lines):
                return max(datetime.fromisoformat(line["since"]).timestamp() for line, _ in lines)
            time.sleep(POLL_S)
        raise TimeoutError(f"Not within {SOON_S} s: routers show {asked}.")

    def moved(self, before: dict[str, int]) -> dict[str, int]:
        """Route -> epoch, of those that have another one since. Not at once, as in `published`."""
        time.sleep(POLL_S)
        return {route: epoch for route, epoch in self.epochs().items() if epoch != before[route]}

    def finish(self, run: int) -> float:
        """When the run had come to its good end."""
        done = self.api.until_state(run, "succeeded", "failed", timeout_s=LONG_S)
        if done["state"] != "succeeded":
            raise SystemExit(told(done))
        return time.time()

    def start(self, version: str) -> int:
        images = {name: f"registry.example/shop/{name}:{version}" for name in ("api", "frontend")}
        self.ask("versions/", {"blueprint": "shop", "name": version, "images": images})
        body = {"blueprint": "shop", "version": version, "strategy": {"soak_s": 1}, "exclude": []}
        digest = self.ask("releases/preview/", body)["digest"]
        return int(self.ask("releases/", {**body, "digest": digest})["id"])

    def ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self.api.post(path, body).raise_for_status().json()
        return answer


def clicks(bench: Bench, door: str) -> None:
    """A person sets the weights of one Route again and again: how long until every router shows them."""
    answered, shown = [], []
    for number in range(CLICKS):
        route = bench.api.get("routes/shop-r-1/")
        first, second = (member["prod"] for member in route["members"])
        weights = {first: 40 + number % 20, second: 60 - number % 20}
        clicked = time.time()
        bench.ask(
            "routes/shop-r-1/actions/weights/",
            {"weights": weights, "epoch": route["epoch"], "reason": "bench"},
        )
        answered.append(time.time() - clicked)
        shown.append(bench.published({"shop-r-1": route["epoch"] + 1}) - clicked)
    told = " / ".join(f"{value:.2f}" for value in quantiles(shown))
    print(
        f"| {door} | weights of a Route with 100 Tenants, {CLICKS} times | | | | "
        f"click → answer median {statistics.median(answered):.2f} s, → read back median / p95 / worst {told} s |",
        flush=True,
    )


def quantiles(values: list[float]) -> tuple[float, float, float]:
    """Median, 95th percentile and worst."""
    return statistics.median(values), sorted(values)[int(0.95 * (len(values) - 1))], max(values)


def release(bench: Bench, door: str, version: str) -> None:
    began = time.time()
    ended = bench.finish(bench.start(version))
    bench.told(door, "release, with drains and restores", began, ended, f"run {ended - began:.1f} s")


def rollback(bench: Bench, door: str, version: str) -> None:
    """The second Prod of wave 3 crashes; then the click."""
    run = bench.start(version)
    bench.api.until(run, third_soaks, timeout_s=LONG_S)
    with bench.world.faulty("image", pattern=f"shop/api:{version}", behaviour="crash"):
        bench.api.until_state(run, "failed", timeout_s=LONG_S)
    before, seen, clicked = bench.epochs(), marked(bench), time.time()
    back = int(bench.api.act(run, "rollback")["id"])
    answered = time.time()
    moved = bench.moved(before)
    done = bench.published(moved)
    writes = router_writes(bench, seen)
    ended = bench.finish(back)
    bad = [one for one in bench.users.log(clicked) if one["version"] == version and one["group"] != "staff"]
    last = f"last request on a bad Prod {max((one['t'] for one in bad), default=clicked) - clicked:.2f} s"
    more = (
        f"click → answer {answered - clicked:.2f} s, → last weight read back {done - clicked:.2f} s, {last}"
    )
    more += f", {len(moved)} Routes, {writes}, all redeployed {ended - clicked:.1f} s"
    bench.told(door, "rollback in wave 3", clicked, ended, more)
    bench.stack.manage("shell", "--no-imports", "--command", LIFT)


def third_soaks(run: dict[str, Any]) -> bool:
    """Whether the first Prod of wave 3 is in its soak."""
    soaks = [one for one in run["steps"] if one["kind"] == "soak" and one["prod"] in ("a-2", "b-1")]
    return any(one["state"] == "running" for one in soaks)


def marked(bench: Bench) -> tuple[int, int]:
    """From where `router_writes` counts: an entry of the simulator's audit log, and HAProxy's writes until now."""
    return bench.world.mark(), bench.relay.writes if bench.relay else 0


def router_writes(bench: Bench, since: tuple[int, int]) -> str:
    """Writes to the gateways' clusters, and commands to HAProxy that change something."""
    verbs = ("patch", "create", "update", "delete")
    entries = [one for one in bench.world.entries(since[0]) if one["cluster"].startswith("edge")]
    count = sum(one["type"] == "request" and one["verb"] in verbs and one["code"] < 300 for one in entries)
    commands = f" and {bench.relay.writes - since[1]} commands to HAProxy" if bench.relay else ""
    return f"{count} writes to the gateways{commands}"


def failover(bench: Bench, door: str) -> None:
    """Cluster a dies, is failed over, comes back, is failed back."""
    died = time.time()
    with bench.world.faulty("lost", cluster="a"):
        wait_until(lambda: health(bench) == "unreachable", SOON_S, "its API is missed")
        missed = time.time()
        wait_until(lambda: "a" in proposed(bench), SOON_S, "it is known to be down, by two signals")
        noticed = time.time()
        before, seen, clicked = bench.epochs(), marked(bench), time.time()
        run = move(bench, "evacuation")
        moved = bench.moved(before)
        done = bench.published(moved)
        writes = router_writes(bench, seen)
        bench.finish(run)
        wait_until(lambda: not bench.users.hurt(), SOON_S, "nobody is hurt")
        ended = time.time()
    others = [one for one in errors(bench.users.log(died)) if one["group"] not in SHOP_S]
    last = max((one["t"] for one in errors(bench.users.log(died)) if one["group"] in SHOP_S), default=clicked)
    more = f"unreachable {missed - died:.1f} s, down by two signals {noticed - died:.1f} s, click → last weight read back {done - clicked:.2f} s, "
    more += f"last failed request {last - clicked:+.2f} s, {len(moved)} Routes, {writes}; "
    more += f"of redundant tenants {len(others)} failed, until the router saw it"
    bench.told(door, "failover of a dead cluster (from its death)", died, ended, more, harmless=False)
    wait_until(lambda: health(bench) == "healthy" and not stops(bench), SOON_S, "it may come back")
    began = time.time()
    ended = bench.finish(move(bench, "failback"))
    bench.told(door, "failback", began, ended, f"run {ended - began:.1f} s")


def health(bench: Bench) -> str:
    return str(bench.api.get("clusters/a/")["health"])


def proposed(bench: Bench) -> list[str]:
    """The Clusters whose failover is proposed, since both signals say that they are dead."""
    return [one["cluster"] for one in bench.api.get("automation/")["proposals"]]


def stops(bench: Bench) -> list[Any]:
    return list(bench.ask("clusters/a/failback/preview/", {})["reasons"])


def move(bench: Bench, what: str) -> int:
    digest = bench.ask(f"clusters/a/{what}/preview/", {})["digest"]
    return int(bench.ask(f"clusters/a/{what}/", {"digest": digest, "reason": "bench"})["id"])


def kubectl_undo(bench: Bench, door: str, version: str) -> None:
    """`kubectl rollout undo` of both Deployments of all Prods at once, and until the last is rolled out."""
    names = [(prod, name) for prod in PRODS for name in ("api", "frontend")]
    clicked = time.time()
    for verb in ("undo", "status"):
        together = [
            subprocess.Popen(
                [*kubectl(bench, prod), "rollout", verb, f"deployment/{name}"], stdout=subprocess.DEVNULL
            )
            for prod, name in names
        ]
        codes = [process.wait() for process in together]
        if any(codes):
            raise SystemExit(f"kubectl rollout {verb} failed")
    ended = time.time()
    wait_until(
        lambda: version not in bench.users.served("version", 1), SOON_S, "nobody is on the old Version"
    )
    last = max(one["t"] for one in bench.users.log(clicked) if one["version"] == version)
    more = f"click → rolled out {ended - clicked:.2f} s, last request on the bad Version {last - clicked:.2f} s, "
    more += f"{len(names)} Deployments"
    bench.told(door, "kubectl rollout undo of all Prods, in parallel", clicked, ended, more, harmless=False)


def kubectl(bench: Bench, prod: str) -> list[str]:
    place = ["--context", prod[0], "--namespace", f"prod-{prod}"]
    return [KUBECTL, "--kubeconfig", bench.stack.demo["kubeconfig"], *place]


@contextmanager
def haproxy(bench: Bench) -> Iterator[None]:
    """HAProxy publishes every Route too, and users come through it alone."""
    with TemporaryDirectory(prefix="drover-proxy-") as folder:
        proxy = RealHaproxy(Path(folder), routes=20, members=8)
        bench.relay = Relay(Path(folder) / "counted.sock", proxy.doors.runtime)
        try:
            layout = {"folder": folder, "routes": 20, "members": 8}
            settings = json.dumps({"address": f"unix:{bench.relay.path}", **layout})
            command = PUBLISH.format(settings=settings, routes=list(ROUTES))
            bench.stack.manage("shell", "--no-imports", "--command", command)
            bench.published(bench.epochs())
            bench.users.come_through(f"127.0.0.1:{proxy.port}")
            wait_until(
                lambda: set(bench.users.lately("gateway", 1)) == {f"127.0.0.1:{proxy.port}"},
                SOON_S,
                "through it",
            )
            yield
        finally:
            bench.relay.close()
            bench.relay = None
            proxy.stop()


def rounds(bench: Bench, door: str) -> None:
    clicks(bench, door)
    release(bench, door, f"{door}-good")
    rollback(bench, door, f"{door}-bad")
    failover(bench, door)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pod-start", default="0.5-0.5", help="seconds from a pod's creation to ready")
    parser.add_argument("--rate", type=float, default=100, help="requests per second, over all tenants")
    options = parser.parse_args()
    env = {"DROVER_SOAK_S": "1", "DROVER_STABILISATION_S": "2", "DROVER_RAMP_WATCH_S": "1"}
    with Stack.started(pod_start=options.pod_start, env=env) as stack:
        bench = Bench(stack, options.rate)
        print(f"{options.rate:.0f} requests per second; pods ready after {options.pod_start} s")
        print("| through | what | requests | failed | misrouted | |")
        print("|---|---|---|---|---|---|")
        rounds(bench, "gateways")
        door = "haproxy" if shutil.which("haproxy") else "gateways"
        with haproxy(bench) if door == "haproxy" else nullcontext():
            if door == "haproxy":
                rounds(bench, door)
            # Last: what kubectl has written belongs to kubectl.
            bench.finish(bench.start("for-kubectl"))
            kubectl_undo(bench, door, "for-kubectl")
        if bench.harmful:
            raise SystemExit(f"Requests failed or were misrouted: {', '.join(bench.harmful)}")


if __name__ == "__main__":
    main()
