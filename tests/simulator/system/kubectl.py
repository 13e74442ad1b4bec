"""The real kubectl, pointed at a simulated cluster."""

import json
import subprocess
from pathlib import Path

from simulator.testing import Fleet
from tests.kubectl import KUBECTL

NAMESPACE = "prod-a-1"


class Kubectl:
    """kubectl with a cluster and a namespace already chosen."""

    def __init__(self, fleet: Fleet, cache: Path, namespace: str = NAMESPACE) -> None:
        self.namespace = namespace
        self.prefix = [
            KUBECTL, "--kubeconfig", str(fleet.kubeconfig), "--context", "a", "--namespace", namespace,
            "--cache-dir", str(cache),
        ]  # fmt: skip

    def run(self, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        command = [*self.prefix, *arguments]
        return subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False)

    def __call__(self, *arguments: str, text: str | None = None) -> str:
        answer = self.run(*arguments, text=text)
        assert answer.returncode == 0, f"kubectl {' '.join(arguments)}: {answer.stdout}{answer.stderr}"
        return answer.stdout

    def rows(self, *arguments: str) -> list[str]:
        """The lines with single spaces, the headings first."""
        return [" ".join(line.split()) for line in self(*arguments).splitlines()]

    def image(self) -> str:
        return self("get", "deployment", "api", "-o", "jsonpath={.spec.template.spec.containers[0].image}")

    def version(self) -> tuple[int, int]:
        """Major and minor."""
        told = json.loads(self("version", "--client", "-o", "json"))["clientVersion"]
        return int(told["major"]), int(told["minor"].rstrip("+"))
