"""A real Kubernetes control plane on the loopback address; only its nodes are played, by `FakeKubelet`."""

import json
import secrets
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from clusters.core.kubeconfig import Credentials
from orchestrator.embedded.children import Children, signal_group
from tests.adapters.kubernetes.api import Api
from tests.adapters.kubernetes.certificates import Pair, issue
from tests.adapters.kubernetes.fake_kubelet import FakeKubelet

PATIENCE_S = 120.0
GRACE_S = 5.0
# Who may come, and the groups that make them what they are. `guest` may do nothing until somebody binds it.
USERS = {
    "admin": "system:masters",
    "kubelet": "system:masters",
    "system:kube-controller-manager": "",
    "system:kube-scheduler": "",
    "guest": "",
}
PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")


class ControlPlane:
    """Runs the programs in the folder `programs` with their data in `folder`, until the block ends."""

    def __init__(self, programs: Path, folder: Path) -> None:
        missing = [name for name in PROGRAMS if not (programs / name).is_file()]
        assert not missing, f"KUBEBUILDER_ASSETS={programs} lacks {', '.join(missing)}"
        self._programs, self._folder = programs, folder
        self._port, self._etcd_port, self._peer_port = free_ports(3)
        self._tokens = {name: secrets.token_hex(16) for name in USERS}
        self._ca = issue("ca")
        self._write_files()
        self._children = Children()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._api = Api(self.credentials_of("kubelet"))
        self._kubelet = FakeKubelet(Api(self.credentials_of("kubelet")))

    @property
    def server(self) -> str:
        return f"https://127.0.0.1:{self._port}"

    @property
    def credentials(self) -> Credentials:
        """Those of somebody who may do everything."""
        return self.credentials_of("admin")

    def credentials_of(self, user: str) -> Credentials:
        return Credentials(self.server, self._ca.cert_pem, self._tokens[user])

    def pause(self) -> None:
        """The API server stops in the middle of whatever it does."""
        signal_group(self._running["kube-apiserver"].pid, signal.SIGSTOP)

    def resume(self) -> None:
        signal_group(self._running["kube-apiserver"].pid, signal.SIGCONT)

    def compact(self) -> None:
        """etcd forgets every revision but the newest."""
        revision = int(self._etcd("/v3/kv/range", key="AA==")["header"]["revision"])
        self._etcd("/v3/kv/compaction", revision=revision, physical=True)

    def __enter__(self) -> "ControlPlane":
        try:
            self._start("etcd", self._etcd_flags())
            self._start("kube-apiserver", self._apiserver_flags())
            self._wait("the API server", lambda: self._api.get("/readyz"))
            self._start("kube-controller-manager", self._controller_manager_flags())
            self._start("kube-scheduler", [self._kubeconfig_flag("kube-scheduler"), *NO_LEADERS])
            self._kubelet.start()
            self._wait("the nodes", self._kubelet.is_registered)
            self._wait("service accounts", lambda: self._api.get(DEFAULT_ACCOUNT))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._kubelet.stop()
        for name in reversed(self._running):
            self._children.stop(self._running[name], signal.SIGTERM, 0 if name != "etcd" else GRACE_S)
        self._children.close()

    def _start(self, name: str, flags: list[str]) -> None:
        with (self._folder / f"{name}.log").open("wb") as log:
            self._running[name] = self._children.start([str(self._programs / name), *flags], output=log)

    def _wait(self, what: str, there: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not _tried(there):
            for name, process in self._running.items():
                assert process.poll() is None, f"{name} has ended:\n{self._last_words(name)}"
            assert time.monotonic() < deadline, f"no sign of {what} after {PATIENCE_S} s"
            time.sleep(0.05)

    def _last_words(self, name: str) -> str:
        return (self._folder / f"{name}.log").read_text(errors="replace")[-2000:]

    def _etcd(self, path: str, **body: object) -> dict[str, dict[str, str]]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._etcd_port}{path}", json.dumps(body).encode()
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return json.load(answer)  # type: ignore[no-any-return]

    # --- files and flags --------------------------------------------------------------------------

    def _write_files(self) -> None:
        self._write("ca.crt", self._ca.cert_pem)
        self._write("ca.key", _sec1(self._ca))
        for name in ("apiserver", "accounts"):
            pair = issue(name, self._ca)
            self._write(f"{name}.crt", pair.cert_pem)
            self._write(f"{name}.key", _sec1(pair))
        rows = [f'{self._tokens[user]},{user},{user},"{group}"\n' for user, group in USERS.items()]
        self._write("tokens.csv", "".join(rows))
        for name in ("kube-controller-manager", "kube-scheduler"):
            self._write(f"{name}.conf", json.dumps(self._kubeconfig(f"system:{name}")))

    def _write(self, name: str, text: str) -> None:
        path = self._folder / name
        path.touch(0o600)
        path.write_text(text)

    def _kubeconfig(self, user: str) -> dict[str, object]:
        cluster = {"server": self.server, "certificate-authority": str(self._folder / "ca.crt")}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "x",
            "clusters": [{"name": "x", "cluster": cluster}],
            "users": [{"name": "x", "user": {"token": self._tokens[user]}}],
            "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
        }

    def _kubeconfig_flag(self, name: str) -> str:
        return f"--kubeconfig={self._folder / name}.conf"

    def _etcd_flags(self) -> list[str]:
        client, peer = (f"http://127.0.0.1:{port}" for port in (self._etcd_port, self._peer_port))
        return [
            f"--data-dir={self._folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        ]

    def _apiserver_flags(self) -> list[str]:
        at = self._folder
        return [
            f"--etcd-servers=http://127.0.0.1:{self._etcd_port}",
            "--bind-address=127.0.0.1",
            "--advertise-address=192.0.2.1",  # a loopback address is not accepted; nobody connects to this one
            f"--secure-port={self._port}",
            f"--cert-dir={at}",
            f"--tls-cert-file={at / 'apiserver.crt'}",
            f"--tls-private-key-file={at / 'apiserver.key'}",
            f"--client-ca-file={at / 'ca.crt'}",
            f"--token-auth-file={at / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={at / 'accounts.key'}",
            f"--service-account-signing-key-file={at / 'accounts.key'}",
        ]

    def _controller_manager_flags(self) -> list[str]:
        return [
            self._kubeconfig_flag("kube-controller-manager"),
            *NO_LEADERS,
            "--use-service-account-credentials",
            f"--service-account-private-key-file={self._folder / 'accounts.key'}",
            f"--root-ca-file={self._folder / 'ca.crt'}",
            f"--flex-volume-plugin-dir={self._folder / 'volumes'}",
        ]


NO_LEADERS = ["--leader-elect=false", "--secure-port=0"]
DEFAULT_ACCOUNT = "/api/v1/namespaces/default/serviceaccounts/default"


def free_ports(count: int) -> list[int]:
    """Ports on which nobody listens now."""
    doors = [socket.socket() for _ in range(count)]
    for door in doors:
        door.bind(("127.0.0.1", 0))
    ports = [door.getsockname()[1] for door in doors]
    for door in doors:
        door.close()
    return ports


def _sec1(pair: Pair) -> str:
    form = serialization.PrivateFormat.TraditionalOpenSSL
    key = pair.key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return key.decode()


def _tried(there: Callable[[], object]) -> bool:
    """Whether `there()` gave anything; an error is a no, since servers come up in their own time."""
    try:
        return bool(there())
    except (OSError, LookupError):
        return False
