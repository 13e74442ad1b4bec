"""Requests as AWS receives them, and whether they are signed with a key (Signature Version 4)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

REGION = "us-east-1"  # Route 53 is signed for here, wherever it is called from


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    target: str
    headers: Mapping[str, str]
    body: str


def is_signed(one: Request, access_key_id: str, secret_access_key: str) -> bool:
    """Whether it is signed for Route 53 with this key."""
    given = dict(re.findall(r"(Credential|SignedHeaders|Signature)=([^, ]+)", one.headers["Authorization"]))
    named = set(given["SignedHeaders"].split(";"))
    headers = {name: value for name, value in one.headers.items() if name.lower() in named}
    request = AWSRequest(one.method, f"http://{one.headers['Host']}{one.target}", headers, one.body)
    request.context["timestamp"] = one.headers["X-Amz-Date"]
    auth = SigV4Auth(Credentials(access_key_id, secret_access_key), "route53", REGION)
    wanted = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    return given["Credential"].startswith(f"{access_key_id}/") and compare_digest(given["Signature"], wanted)
