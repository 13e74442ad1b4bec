"""What goes wrong in a pod: images that cannot be had, containers that crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.controllers import behaviour
from simulator.controllers.pod_status import ContainerState, container_id, ended, waiting
from simulator.controllers.recorder import NORMAL, WARNING
from simulator.controllers.references import Lack
from simulator.values import dig, stamp

if TYPE_CHECKING:
    from simulator.controllers.pod_life import PodLife

GONE = "rpc error: code = NotFound desc = failed to pull and unpack image"


class PodTrouble:
    """Pull errors and crash loops of one pod, each with its back-off."""

    def __init__(self, life: PodLife) -> None:
        self.life = life
        self._tries = 0

    def crash(self) -> None:
        """End the crashing containers, then wait longer each time before they start again."""
        pod = self.life.pod()
        if pod is None:
            return
        if pod["spec"].get("restartPolicy") == "Never":
            self.finish()
            return
        found = self.life.behaviours(pod)
        delay = self._backoff(self.life.context.settings().crash_backoff)
        for name, state in self.life.states.items():
            if found[name] != behaviour.CRASH:
                continue
            since = dig(state.state, "running", "startedAt") or stamp()
            last = ended(container_id(pod, name, state.restarts), since, 1)
            text = (f"back-off {_go_duration(delay)} restarting failed container={name} "
                    f"pod={self.life.key[1]}_{self.life.key[0]}({pod['metadata']['uid']})")  # fmt: skip
            self.life.states[name] = ContainerState(
                waiting("CrashLoopBackOff", text), False, state.restarts + 1, last
            )
            self.life.tell(pod, WARNING, "BackOff", f"Back-off restarting failed container {name} in pod "
                       f"{self.life.key[1]}_{self.life.key[0]}({pod['metadata']['uid']})", name)  # fmt: skip
        self.life.write_status(pod)
        self.life.after(
            delay, lambda: self.life.run(0.3 * self.life.context.draw(self.life.context.settings().pod_start))
        )

    def lack(self, lack: Lack) -> None:
        """Note, in kubelet's words, that something the pod refers to is not there."""
        pod = self.life.pod()
        if pod is None:
            return
        if lack.volume:
            text = f'MountVolume.SetUp failed for volume "{lack.volume}" : {lack.message}'
            self.life.tell(pod, WARNING, "FailedMount", text, pod["spec"]["containers"][0]["name"])
            return
        broken = ContainerState(waiting("CreateContainerConfigError", lack.message))
        self.life.states[lack.container] = broken
        self.life.tell(pod, WARNING, "Failed", f"Error: {lack.message}", lack.container)
        self.life.write_status(pod)

    def finish(self) -> None:
        """End every container of a pod that is not to be restarted: those that crash with exit code 1."""
        pod = self.life.pod()
        if pod is None:
            return
        found = self.life.behaviours(pod)
        for name, state in self.life.states.items():
            since = dig(state.state, "running", "startedAt") or stamp()
            code = 1 if found[name] == behaviour.CRASH else 0
            over = ended(container_id(pod, name, state.restarts), since, code)
            self.life.states[name] = ContainerState(over, False, state.restarts, state.last)
        self.life.write_status(pod)

    def fail_pull(self) -> None:
        """Fail to pull, back off, and try again."""
        self._wait_for_image("ErrImagePull")
        self.life.after(self.life.context.settings().pull_backoff[0], self._back_off_pull)

    def _back_off_pull(self) -> None:
        self._wait_for_image("ImagePullBackOff")
        self.life.after(self._backoff(self.life.context.settings().pull_backoff), self._retry_pull)

    def _retry_pull(self) -> None:
        pod = self.life.pod()
        if pod is None:
            return
        if behaviour.MISSING in self.life.behaviours(pod).values():
            self.fail_pull()
        else:
            self.life.start()

    def _wait_for_image(self, reason: str) -> None:
        """Note in status and Events, in kubelet's words, that an image cannot be had."""
        pod = self.life.pod()
        if pod is None:
            return
        found = self.life.behaviours(pod)
        for container in pod["spec"]["containers"]:
            name, image = container["name"], container.get("image", "")
            if found.get(name) != behaviour.MISSING:
                continue
            why = f'{GONE} "{image}": failed to resolve reference "{image}": {image}: not found'
            text = (
                why if reason == "ErrImagePull" else f'Back-off pulling image "{image}": ErrImagePull: {why}'
            )
            self.life.states[name] = ContainerState(waiting(reason, text))
            if reason == "ErrImagePull":
                self.life.tell(pod, WARNING, "Failed", f'Failed to pull image "{image}": {why}', name)
                self.life.tell(pod, WARNING, "Failed", "Error: ErrImagePull", name)
            else:
                self.life.tell(pod, NORMAL, "BackOff", f'Back-off pulling image "{image}"', name)
                self.life.tell(pod, WARNING, "Failed", "Error: ImagePullBackOff", name)
        self.life.write_status(pod)

    def _backoff(self, span: tuple[float, float]) -> float:
        self._tries += 1
        return min(span[1], span[0] * 2.0 ** min(self._tries - 1, 20))


def _go_duration(seconds: float) -> str:
    return f"{int(seconds)}s" if seconds >= 1 else f"{int(seconds * 1000)}ms"
