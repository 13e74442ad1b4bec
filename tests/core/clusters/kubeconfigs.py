"""Kubeconfigs for tests: a good one to be spoilt, and certificates that are real."""

import base64
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import yaml

from tests.adapters.kubernetes.certificates import Pair, issue

CA = issue("tests")
CLIENT: Pair = issue("drover", CA)
OTHER: Pair = issue("somebody else", CA)
SERVER = {"server": "https://a.example:6443"}
EXEC = {"apiVersion": "client.authentication.k8s.io/v1", "command": "/bin/sh", "args": ["-c", "touch /tmp/x"]}
TOUCHES = {
    "open", "os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen", "socket.__new__",
    "socket.connect", "socket.getaddrinfo", "os.listdir",
}  # fmt: skip


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def config(
    cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None, **top: Any
) -> dict[str, Any]:
    """One context `a` with a token, but for what is given."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "a",
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a", "namespace": "x"}}],
        "clusters": [{"name": "a", "cluster": cluster or SERVER}],
        "users": [{"name": "a", "user": user or {"token": "secret-token"}}],
        **top,
    }


def two_contexts() -> str:
    """`a` and `b`, which lead to different servers."""
    two = config()
    two["contexts"].append({"name": "b", "context": {"cluster": "b", "user": "a"}})
    two["clusters"].append({"name": "b", "cluster": {"server": "https://b.example"}})
    return yaml.safe_dump(two)


@contextmanager
def touching() -> Iterator[list[str]]:
    """What was started, opened, resolved or connected to meanwhile."""
    seen: list[str] = []
    watching = [True]  # an audit hook can never be removed

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if watching and event in TOUCHES:
            seen.append(f"{event} {args[0] if args else ''}")

    sys.addaudithook(hook)
    try:
        yield seen
    finally:
        watching.clear()
