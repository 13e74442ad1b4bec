"""What AWS tells about an EKS cluster."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from clusters.core.credentials import Credentials, Eks, certificate_problem, eks_server_problem
from journal.core.reasons import Refused, because

from .tokens import aws_session

CONNECT_S, READ_S = 3, 10


def described(credentials: Credentials, client_of: Callable[[Eks], Any] | None = None) -> Credentials:
    """The Credentials with server and CA from eks:DescribeCluster where they lack a server. Raises Refused."""
    eks = credentials.eks
    if eks is None or credentials.server:
        return credentials
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        told = (client_of or eks_client)(eks).describe_cluster(name=eks.cluster)["cluster"]
        server = str(told["endpoint"])
        ca = base64.b64decode(told["certificateAuthority"]["data"], validate=True).decode("ascii")
    except ClientError as e:
        code = str(e.response.get("Error", {}).get("Code", ""))
        raise Refused(because("eks-not-described", cluster=eks.cluster, error=code)) from e
    except (BotoCoreError, KeyError, TypeError, binascii.Error, ValueError) as e:
        raise Refused(because("eks-not-described", cluster=eks.cluster, error=type(e).__name__)) from e
    if problem := eks_server_problem(server) or certificate_problem(ca):
        raise Refused(problem)
    return replace(credentials, server=server, ca_pem=ca)


def eks_client(eks: Eks) -> Any:
    """The AWS client that asks about `eks`, bounded in time."""
    from botocore.config import Config

    limits = Config(connect_timeout=CONNECT_S, read_timeout=READ_S, retries={"total_max_attempts": 2})
    return aws_session(eks).client("eks", config=limits)
