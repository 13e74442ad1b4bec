"""Calls to Route 53: bounded in time, throttling waited for, errors as those of the protocol."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)

from journal.core.reasons import because

from .dns_names import address_version, inside
from .protocol import Backend, Rejected, Unreachable
from .route53_records import Change, Record, from_api, to_api
from .route53_settings import Health, Keys

CONNECT_S, READ_S = 2, 5
LIMIT_S = 6.0  # for one method of the router; the last call may begin just before it is over
FIRST_WAIT_S = 0.2  # five calls a second are allowed to an account
PAGE = "300"
CHECKS_PAGE = "100"
CHECK_PREFIX = "drover-"
LIVES = 5  # health checks that somebody deleted and that we make again
THROTTLED = {"Throttling", "ThrottlingException", "PriorRequestNotComplete", "RequestLimitExceeded"}
NOT_SENT = (
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
)


class ChangeRefused(Exception):
    """None of the batch was done, since a record is not what it says, or cannot be (InvalidChangeBatch), or
    its health check has gone (NoSuchHealthCheck)."""


class _Exists(Exception):
    """HealthCheckAlreadyExists: one with this reference was deleted, or has other settings."""


@dataclass(frozen=True, slots=True)
class Patience:
    """The clock, and how to wait: a test gives its own."""

    limit_s: float = LIMIT_S
    now: Callable[[], float] = time.monotonic
    wait: Callable[[float], None] = time.sleep


def connect(keys: Keys, endpoint_url: str | None = None) -> Any:
    """A boto3 client for Route 53, which is one for all regions. Opens no connection yet."""
    import boto3
    from botocore.config import Config

    # Of the retries there is one owner: `Api`.
    limits = Config(connect_timeout=CONNECT_S, read_timeout=READ_S, retries={"total_max_attempts": 1})
    session = boto3.session.Session(
        aws_access_key_id=keys.access_key_id or None,
        aws_secret_access_key=keys.secret_access_key or None,
        region_name="us-east-1",
    )
    return session.client("route53", config=limits, endpoint_url=endpoint_url)


class Api:
    """The calls of one method of the router: all of them together take no longer than its patience."""

    def __init__(self, client: Any, zone_id: str, patience: Patience, *, writes: bool) -> None:
        """With `writes`, whoever gets no answer takes it that something may have been done."""
        self._client, self._zone_id, self._patience, self._writes = client, zone_id, patience, writes
        self._until = patience.now() + patience.limit_s

    def records(self, below: str = "") -> Iterator[Record]:
        """The record sets of `below` and the names under it; "" is the whole zone. They lie together, since
        Route 53 sorts by labels from the right. Changes that are PENDING are in it."""
        start = {"StartRecordName": below} if below else {}
        while True:
            page = self._call("list_resource_record_sets", HostedZoneId=self._zone_id, MaxItems=PAGE, **start)
            for record in map(from_api, page["ResourceRecordSets"]):
                if below and not inside(record.name, below):
                    return
                yield record
            if not page["IsTruncated"]:
                return
            start = {
                f"StartRecord{part}": page[f"NextRecord{part}"]
                for part in ("Name", "Type", "Identifier")
                if page.get(f"NextRecord{part}")
            }

    def change(self, changes: Sequence[Change]) -> None:
        """All of the changes or none. Raises ChangeRefused."""
        batch = [{"Action": action, "ResourceRecordSet": to_api(record)} for action, record in changes]
        self._call(
            "change_resource_record_sets",
            HostedZoneId=self._zone_id,
            ChangeBatch={"Comment": "drover", "Changes": batch},
        )

    def health_checks(self) -> dict[str, str]:
        """Reference -> id of the health checks that Drover made."""
        found: dict[str, str] = {}
        start: dict[str, str] = {}
        while True:
            page = self._call("list_health_checks", MaxItems=CHECKS_PAGE, **start)
            for one in page["HealthChecks"]:
                reference, _, life = str(one["CallerReference"]).rpartition("-")
                if reference.startswith(CHECK_PREFIX) and life.isdigit():
                    found[reference] = str(one["Id"])
            if not page.get("IsTruncated"):
                return found
            start = {"Marker": page["NextMarker"]}

    def make_health_check(self, prod: str, reference: str, config: dict[str, Any]) -> str:
        """The id of a health check. Repeating gives the same one: the CallerReference tells it. One that was
        deleted keeps its reference for days, so the next life has another."""
        for life in range(LIVES):
            try:
                made = self._call(
                    "create_health_check", CallerReference=f"{reference}-{life}", HealthCheckConfig=config
                )
            except _Exists:
                continue
            return str(made["HealthCheck"]["Id"])
        raise Rejected(because("route53-check-deleted", prod=prod))

    def _call(self, name: str, **asked: Any) -> dict[str, Any]:
        wait_s = FIRST_WAIT_S
        while True:
            try:
                answer: dict[str, Any] = getattr(self._client, name)(**asked)
                return answer
            except ClientError as e:
                code = _client_error(e, writes=self._writes)
            except ParamValidationError as e:
                raise Rejected(because("route53-refused", error=type(e).__name__, message=str(e))) from e
            except NOT_SENT as e:
                raise Unreachable(
                    because("route53-unreachable", error=type(e).__name__), maybe_done=False
                ) from e
            except (HTTPClientError, BotoCoreError) as e:
                raise Unreachable(
                    because("route53-unreachable", error=type(e).__name__), maybe_done=self._writes
                ) from e
            if self._patience.now() + wait_s > self._until:
                raise Unreachable(because("route53-throttled", error=code), maybe_done=False)
            self._patience.wait(wait_s)
            wait_s *= 2


def _client_error(error: ClientError, *, writes: bool) -> str:
    """The code of an answer that says to come again later; raises for all others."""
    said = error.response.get("Error", {})
    code, message = str(said.get("Code", "")), str(said.get("Message", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in THROTTLED:
        return code
    if code in ("InvalidChangeBatch", "NoSuchHealthCheck"):
        raise ChangeRefused(message) from error
    if code == "HealthCheckAlreadyExists":
        raise _Exists from error
    if status >= 500:
        raise Unreachable(
            because("route53-unreachable", error=f"{status} {code}"), maybe_done=writes
        ) from error
    raise Rejected(because("route53-refused", error=code, message=message)) from error


def check_config(backend: Backend, health: Health) -> dict[str, Any]:
    """The `HealthCheckConfig` for a backend."""
    target = "IPAddress" if address_version(backend.host) else "FullyQualifiedDomainName"
    config: dict[str, Any] = {
        target: backend.host,
        "Port": backend.port,
        "Type": health.scheme.upper(),
        "ResourcePath": health.path,
        "RequestInterval": health.interval_s,
        "FailureThreshold": health.failures,
    }
    if health.scheme == "https" and target == "FullyQualifiedDomainName":
        config["EnableSNI"] = True
    return config


def check_reference(backend: Backend, config: dict[str, Any]) -> str:
    """What tells the health check of a Prod with these settings; at most 62 characters."""
    digest = sha256(repr((backend.prod, sorted(config.items()))).encode()).hexdigest()
    return f"{CHECK_PREFIX}{backend.prod[:24]}-{digest[:24]}"
