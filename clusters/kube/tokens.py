"""Where the bearer token of a cluster comes from: stored, the pod's own, or minted for EKS. No program is run."""

import base64
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from clusters.core.credentials import Credentials, Eks
from journal.core.reasons import Reason, because

TokenSource = Callable[[], str]

POD_FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
EKS_PREFIX = "k8s-aws-v1."
EKS_LIFE_S = 14 * 60  # the authenticator takes a signature for 15 minutes
EKS_RENEW_S = EKS_LIFE_S - 60
SIGNED_FOR_S = 60  # what aws-iam-authenticator wants to read in the URL


class NoToken(OSError):
    """There is no token to be had here and now. `reason` is for people."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"{reason.code} {dict(reason.params)}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Pod:
    """What Kubernetes gives to each pod that has a service account."""

    folder: Path = POD_FOLDER
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def read(self, name: str) -> str:
        """A file of the service account, as it is now. Raises NoToken."""
        try:
            return (self.folder / name).read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as e:
            raise NoToken(because("in-cluster-no-token", error=type(e).__name__)) from e

    def server(self) -> str:
        """The API server of the pod's cluster. Raises NoToken outside of any."""
        host = self.environment.get("KUBERNETES_SERVICE_HOST", "")
        port = self.environment.get("KUBERNETES_SERVICE_PORT", "443")
        if not host:
            raise NoToken(because("in-cluster-no-token", error="KUBERNETES_SERVICE_HOST"))
        return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"


POD = Pod()


def resolved(credentials: Credentials, pod: Pod = POD) -> Credentials:
    """The Credentials with server and CA as this process has to use them. Raises NoToken."""
    if not credentials.in_cluster:
        return credentials
    return replace(credentials, server=pod.server(), ca_pem=pod.read("ca.crt") + "\n")


def token_source(credentials: Credentials, pod: Pod = POD) -> TokenSource | None:
    """What gives a token that is good now, or raises NoToken; None where the one that is stored is all."""
    if credentials.in_cluster:
        return lambda: pod.read("token")  # it rotates, so it is read each time
    if credentials.eks:
        return EksTokens(credentials.eks)
    return None


class EksTokens:
    """Tokens for one EKS cluster, each used for 13 of its 14 minutes. Thread-safe."""

    def __init__(self, eks: Eks, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._eks, self._clock_s = eks, clock_s
        self._token, self._minted_s = "", 0.0
        self._lock = threading.Lock()

    def __call__(self) -> str:
        with self._lock:
            now_s = self._clock_s()
            if not self._token or now_s - self._minted_s >= EKS_RENEW_S:
                self._token, self._minted_s = mint_eks_token(self._eks), now_s
            return self._token


def mint_eks_token(eks: Eks) -> str:
    """A presigned sts:GetCallerIdentity that names the cluster, as EKS takes it for a token. Calls nobody,
    but for AWS credentials from a role. Raises NoToken."""
    from botocore.exceptions import BotoCoreError
    from botocore.model import ServiceId
    from botocore.signers import RequestSigner

    session = aws_session(eks)
    try:
        keys = session.get_credentials()
        if keys is None:
            raise NoToken(because("eks-no-aws-credentials", error="none"))
        signer = RequestSigner(ServiceId("sts"), eks.region, "sts", "v4", keys, session.events)
        url = signer.generate_presigned_url(
            {
                "method": "GET",
                "url": f"https://{_sts_host(eks.region)}/?Action=GetCallerIdentity&Version=2011-06-15",
                "body": {},
                "headers": {"x-k8s-aws-id": eks.cluster},
                "context": {},
            },
            region_name=eks.region,
            expires_in=SIGNED_FOR_S,
            operation_name="",
        )
    except BotoCoreError as e:
        raise NoToken(because("eks-no-aws-credentials", error=type(e).__name__)) from e
    return EKS_PREFIX + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def aws_session(eks: Eks) -> Any:
    """A boto3 Session with the stored key pair, or with what this process has."""
    import boto3

    return boto3.session.Session(
        aws_access_key_id=eks.access_key_id or None,
        aws_secret_access_key=eks.secret_access_key or None,
        region_name=eks.region,
    )


def _sts_host(region: str) -> str:
    return f"sts.{region}.amazonaws.com" + (".cn" if region.startswith("cn-") else "")
