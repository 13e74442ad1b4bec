"""What goes wrong in a pod: images that cannot be had, containers that crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.controllers import behaviour
from simulator.controllers.pod_status import OUT_OF_MEMORY, ContainerState, container_id, ended, waiting
from simulator.controllers.recorder import NORMAL, WARNING
from simulator.controllers.references import Lack
from simulator.values import Obj, dig, stamp

if TYPE_CHECKING:
    from simulator.controllers.pod_life import PodLife

EXIT_CODES = {behaviour.CRASH: 1, behaviour.LEAK: OUT_OF_MEMORY}
DEAD_S = 0.05  # a container has ended before it is started again at once
GONE = "rpc error: code = NotFound desc = failed to pull and unpack image"


class PodTrouble:
    """Pull errors and crash loops of one pod, each with its back-off."""

    def __init__(self, life: PodLife) -> None:
        self.life = life
        self._tries = 0

    def crash(self) -> None:
        """End the crashing containers; they are started again."""
        self._die(behaviour.CRASH)

    def run_out_of_memory(self) -> None:
        """The same for those that leak."""
        self._die(behaviour.LEAK)

    def _die(self, how: str) -> None:
        """End containers that are started again: at once the first time, then after a wait that gets longer."""
        pod = self.life.pod()
        if pod is None:
            return
        if pod["spec"].get("restartPolicy") == "Never":
            self.finish()
            return
        found = self.life.behaviours(pod)
        dying = {name: state for name, state in self.life.states.items() if found[name] == how}
        for name, state in dying.items():
            self.life.states[name] = self._ended(pod, name, state, EXIT_CODES[how])
        delay = DEAD_S
        if any(state.restarts for state in dying.values()):
            delay = self._backoff(self.life.context.settings().crash_backoff)
            for name in dying:
                self._back_off(pod, name, delay)
        self.life.write_status(pod)
        self.life.after(delay, self._restart)

    def _ended(self, pod: Obj, name: str, state: ContainerState, code: int) -> ContainerState:
        since = dig(state.state, "running", "startedAt") or stamp()
        return ContainerState(
            ended(container_id(pod, name, state.restarts), since, code), False, state.restarts, state.last
        )

    def _back_off(self, pod: Obj, name: str, delay: float) -> None:
        """Have a container that has ended wait, in kubelet's words."""
        dead = self.life.states[name]
        text = (f"back-off {_go_duration(delay)} restarting failed container={name} "
                f"pod={self.life.key[1]}_{self.life.key[0]}({pod['metadata']['uid']})")  # fmt: skip
        self.life.states[name] = ContainerState(
            waiting("CrashLoopBackOff", text), False, dead.restarts, dead.state
        )
        self.life.tell(pod, WARNING, "BackOff", f"Back-off restarting failed container {name} in pod "
                       f"{self.life.key[1]}_{self.life.key[0]}({pod['metadata']['uid']})", name)  # fmt: skip

    def _restart(self) -> None:
        self.life.run(0.3 * self.life.context.draw(self.life.context.settings().pod_start))

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
        """End every container of a pod that is not to be restarted, with the exit code that its image leads to."""
        pod = self.life.pod()
        if pod is None:
            return
        found = self.life.behaviours(pod)
        for name, state in self.life.states.items():
            self.life.states[name] = self._ended(pod, name, state, EXIT_CODES.get(found[name], 0))
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
