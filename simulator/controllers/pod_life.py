"""The life of one pod, as a chain of timers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.controllers import behaviour
from simulator.controllers.context import Context
from simulator.controllers.pod_facts import (
    fail_probes,
    host_ip,
    images_of,
    is_probed,
    is_to_end,
    leak_s,
    scheduled_condition,
)
from simulator.controllers.pod_status import ContainerState, made_to_run, pod_status, waiting
from simulator.controllers.pod_trouble import PodTrouble
from simulator.controllers.readiness import is_finished_pod
from simulator.controllers.recorder import NORMAL, WARNING
from simulator.controllers.references import first_lack
from simulator.values import Obj, dig, full_name, replaced, stamp

if TYPE_CHECKING:
    from simulator.controllers.pods import Pods

BIND_S, CREATE_S = 0.002, 0.006
RUNNING_SHARE = 0.7  # of the start time, when a readiness probe has to answer after that
SLOW_FACTOR = 3.0


class PodLife:
    """Binds the pod, starts its containers by the behaviour of their images, and ends it."""

    def __init__(self, context: Context, pods: Pods, pod: Obj) -> None:
        self.context, self.pods, self.store = context, pods, context.backend.store
        self.key = full_name(pod)
        self.states: dict[str, ContainerState] = {}
        self.started = stamp()
        self.addresses = ("", "")
        self._timer: asyncio.TimerHandle | None = None
        self._ending = False
        self._trouble = PodTrouble(self)
        self._made_at: float | None = None  # on the loop's clock, until a new pod starts for the first time

    def begin(self, pod: Obj) -> None:
        """Start a new pod, or go on with a restored one."""
        if pod["metadata"].get("deletionTimestamp"):
            self._end(pod)
        elif not dig(pod, "spec", "nodeName"):
            self._made_at = asyncio.get_running_loop().time()
            self.after(BIND_S, self._bind)
        else:
            self._resume(pod)

    def stop(self) -> None:
        """Nothing happens to the pod any more."""
        if self._timer:
            self._timer.cancel()

    def resume(self, pod: Obj) -> None:
        """Go on once the pod's node is heard of again; what had got ready there has stayed so."""
        if pod["metadata"].get("deletionTimestamp"):
            self._ending = False
            self._end(pod)
        elif self.states and all(state.ready for state in self.states.values()):
            self.write_status(pod)
            self._end_later(pod, 0.0)
        elif not is_finished_pod(pod):
            self.after(CREATE_S, self.start if self.states else self._create)

    def follow(self, old: Obj, new: Obj) -> None:
        """Hear of a change somebody made: a deletion, or another image."""
        if self.pods.is_cut_off(new):
            return
        if new["metadata"].get("deletionTimestamp"):
            if not self._ending or dig(old, "metadata", "deletionGracePeriodSeconds") != dig(
                new, "metadata", "deletionGracePeriodSeconds"
            ):
                self._end(new)
        elif images_of(old) != images_of(new):
            self.after(CREATE_S, self._create)

    def after(self, seconds: float, step: Callable[[], None]) -> None:
        """Take the next step then, in place of any other that was due."""
        self.stop()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._take, step)

    def _take(self, step: Callable[[], None]) -> None:
        if not self.pods.is_cut_off(self.pod()):
            step()

    def pod(self) -> Obj | None:
        """The pod as it is now, None once it has gone."""
        return self.store.get("pods", *self.key)

    def tell(self, pod: Obj, type_: str, reason: str, message: str, container: str = "") -> None:
        """Record an Event: of the kubelet about a container, else of the scheduler."""
        path = f"spec.containers{{{container}}}" if container else ""
        component = "kubelet" if container else "default-scheduler"
        host = dig(pod, "spec", "nodeName") or "" if container else ""
        self.context.recorder.record(pod, type_, reason, message, component, path, host)

    def try_again(self) -> None:
        """Look again for a node, or for what the pod refers to, unless it is being deleted."""
        pod = self.pod()
        if pod is not None and not self._ending:
            self.after(BIND_S, self.start if dig(pod, "spec", "nodeName") else self._bind)

    def probe_again(self) -> None:
        """Have a pod that has not got ready try again, now that its image may behave otherwise."""
        if self._ending or not all("running" in state.state for state in self.states.values()):
            return
        until_ready = self.context.draw(self.context.settings().pod_start) * (1 - RUNNING_SHARE)
        self.after(BIND_S, lambda: self.run(until_ready))

    def _write_unscheduled(self, pod: Obj, why: str) -> None:
        """Say why there is no node, once for as long as the reason is the same."""
        found = next((c for c in dig(pod, "status", "conditions") or () if c["type"] == "PodScheduled"), None)
        if not found or found.get("message") != why:
            self.tell(pod, WARNING, "FailedScheduling", why)
            self.store.put("pods", replaced(pod, ("status", "conditions"), [scheduled_condition(why)]))

    def _bind(self) -> None:
        pod = self.pod()
        if pod is None:
            return
        node, why = self.pods.node_for(pod)
        if node is None:
            self._write_unscheduled(pod, why)
            self.pods.wait_for_nodes(self)
            return
        name = node["metadata"]["name"]
        self.tell(pod, NORMAL, "Scheduled", f"Successfully assigned {'/'.join(self.key)} to {name}")
        bound = replaced(pod, ("spec", "nodeName"), name)
        self.store.put("pods", replaced(bound, ("status", "conditions"), [scheduled_condition()]))
        self.after(CREATE_S, self._create)

    def _resume(self, pod: Obj) -> None:
        """Go on after a restart of the simulator: ready pods stay as they are, others start again."""
        self.addresses = (dig(pod, "status", "podIP") or "", dig(pod, "status", "hostIP") or "")
        if is_finished_pod(pod):
            return
        ready = [dig(s, "ready") for s in dig(pod, "status", "containerStatuses") or ()]
        if ready and all(ready):
            for status in pod["status"]["containerStatuses"]:
                self.states[status["name"]] = ContainerState(
                    status["state"], True, status.get("restartCount", 0), status.get("lastState") or None
                )
            self._end_later(pod, 0.0)
        else:
            self.after(CREATE_S, self._create)

    def _create(self) -> None:
        pod = self.pod()
        if pod is None:
            return
        if not self.addresses[0]:
            self.addresses = (
                self.pods.next_ip(),
                host_ip(self.store.get("nodes", "", pod["spec"]["nodeName"])),
            )
        names = [c["name"] for c in pod["spec"]["containers"]]
        self.states = {name: ContainerState(waiting("ContainerCreating")) for name in names}
        for container in pod["spec"]["containers"]:
            image = container.get("image", "")
            self.tell(pod, NORMAL, "Pulling", f'Pulling image "{image}"', container["name"])
        self.write_status(pod)
        self.start()

    def start(self) -> None:
        """Decide how the pod goes on from its images, and when."""
        pod = self.pod()
        if pod is None:
            return
        lack = first_lack(self.store, pod)
        if lack is not None:
            self._trouble.lack(lack)
            self.pods.wait_for_references(self)
            return
        total = self._left_of(self.context.draw(self.context.settings().pod_start))
        found = self.behaviours(pod)
        if behaviour.SLOW in found.values():
            total *= SLOW_FACTOR
        if behaviour.MISSING in found.values():
            self.after(total * 0.2, self._trouble.fail_pull)
        elif behaviour.CRASH in found.values() or any(
            is_probed(pod, container) for container in pod["spec"]["containers"]
        ):
            self.after(total * RUNNING_SHARE, lambda: self.run(total * (1 - RUNNING_SHARE)))
        else:
            self.after(total, lambda: self.run(0.0))

    def _left_of(self, total: float) -> float:
        """What is left of the time that a new pod takes from its creation on."""
        began, self._made_at = self._made_at, None
        return total if began is None else max(0.0, total - (asyncio.get_running_loop().time() - began))

    def behaviours(self, pod: Obj) -> dict[str, str]:
        """How the image of each container behaves, by the rules of this moment."""
        rules = self.context.faults.image_rules(self.context.cluster)
        return {
            c["name"]: behaviour.behaviour_of(c.get("image", ""), rules) for c in pod["spec"]["containers"]
        }

    def run(self, until_ready: float) -> None:
        """Let the containers run; those with a probe are ready `until_ready` seconds later, others at once."""
        pod = self.pod()
        if pod is None:
            return
        found, now = self.behaviours(pod), stamp()
        failing = fail_probes(pod, found)
        for container in pod["spec"]["containers"]:
            name, old = container["name"], self.states[container["name"]]
            if "running" in old.state:
                continue
            ready = name not in failing and not is_probed(pod, container)
            self.states[name] = made_to_run(old, now, ready)
            self._announce_start(pod, container)
        self.write_status(pod)
        if behaviour.CRASH in found.values():
            self.after(max(until_ready, 0.02), self._trouble.crash)
        elif failing:
            self._complain_unready(pod, failing)
            self.pods.wait_for_behaviour(self)
        elif not all(state.ready for state in self.states.values()):
            self.after(until_ready, self._become_ready)
        else:
            self._end_later(pod, until_ready)

    def _end_later(self, pod: Obj, after_s: float) -> None:
        """Let a pod that is to end do so after its time, if ever, and one that leaks run out of memory."""
        found = self.behaviours(pod)
        if is_to_end(pod) and behaviour.NEVER_READY in found.values():
            self.pods.wait_for_behaviour(self)
        elif is_to_end(pod):
            seconds = self.context.draw(self.context.settings().job_run)
            slow = SLOW_FACTOR if behaviour.SLOW in found.values() else 1.0
            self.after(after_s + seconds * slow, self._trouble.finish)
        elif behaviour.LEAK in found.values():
            usual = self.context.draw(self.context.settings().leak_after)
            self.after(leak_s(pod, self.context, usual), self._trouble.run_out_of_memory)

    def _announce_start(self, pod: Obj, container: Obj) -> None:
        image, name = container.get("image", ""), container["name"]
        if not self.states[name].restarts:
            self.tell(pod, NORMAL, "Pulled", f'Successfully pulled image "{image}"', name)
        self.tell(pod, NORMAL, "Created", f"Created container: {name}", name)
        self.tell(pod, NORMAL, "Started", f"Started container {name}", name)

    def _complain_unready(self, pod: Obj, names: list[str]) -> None:
        for name in names:
            message = "Readiness probe failed: HTTP probe failed with statuscode: 503"
            self.tell(pod, WARNING, "Unhealthy", message, name)

    def _become_ready(self) -> None:
        pod = self.pod()
        if pod is None:
            return
        self.states = {n: ContainerState(s.state, True, s.restarts, s.last) for n, s in self.states.items()}
        self.write_status(pod)
        self._end_later(pod, 0.0)

    def _end(self, pod: Obj) -> None:
        """Stop serving at once; be gone after the simulated grace."""
        first = not self._ending
        self._ending = True
        grace = pod["metadata"].get("deletionGracePeriodSeconds") or 0
        self.after(min(self.context.draw(self.context.settings().termination), float(grace)), self._vanish)
        if first and self.states:
            for container in pod["spec"]["containers"]:
                self.tell(
                    pod, NORMAL, "Killing", f"Stopping container {container['name']}", container["name"]
                )
            asyncio.get_running_loop().call_soon(self._write_ended)

    def _write_ended(self) -> None:
        pod = self.pod()
        if pod is not None and not is_finished_pod(pod):
            self.states = {
                n: ContainerState(s.state, False, s.restarts, s.last) for n, s in self.states.items()
            }
            self.write_status(pod)

    def _vanish(self) -> None:
        pod = self.pod()
        if pod is None:
            return
        if pod["metadata"].get("finalizers"):
            self.store.put("pods", replaced(pod, ("metadata", "deletionGracePeriodSeconds"), 0))
        else:
            self.store.remove("pods", *self.key)

    def write_status(self, pod: Obj) -> None:
        """Store what the container states now amount to."""
        self.store.put("pods", {**pod, "status": pod_status(pod, self.states, self.addresses, self.started)})
