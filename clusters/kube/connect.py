"""One client per cluster and process, shared by its threads."""

import hashlib
import json
import threading
from collections import OrderedDict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings

from clusters.core.kubeconfig import Credentials
from clusters.vault import decrypt
from journal.core.reasons import Refused, because

from .client import Client
from .outgoing import Limits
from .protocol import Denied, Kube
from .tls import Unusable
from .tokens import NoToken, resolved

if TYPE_CHECKING:
    from clusters.models import Cluster

CLIENTS_MAX = 256
POSTGRES_PORT, REDIS_PORT = 5432, 6379

_lock = threading.Lock()
_clients: "OrderedDict[int, tuple[str, Client]]" = OrderedDict()


def connect_cluster(cluster: "Cluster") -> Kube:
    """The Kube of a row. Raises Denied if its credentials cannot be read or used."""
    try:
        credentials = decrypt(cluster.credentials)
    except Refused as e:
        raise Denied(because("credentials-unreadable", cluster=cluster.name)) from e
    return connect(cluster.pk, credentials)


def connect(cluster_id: int, credentials: Credentials) -> Kube:
    """The Kube of a cluster; a new one when its credentials have changed. Opens no connection by itself.

    Raises Denied for credentials that cannot be used here.
    """
    try:
        credentials = resolved(credentials)
    except NoToken as e:
        raise Denied(e.reason) from e
    fingerprint = hashlib.sha256(json.dumps(asdict(credentials)).encode()).hexdigest()
    with _lock:
        known = _clients.get(cluster_id)
        if known and known[0] == fingerprint:
            _clients.move_to_end(cluster_id)
            return known[1]
        client = _new(cluster_id, credentials)
        _clients[cluster_id] = (fingerprint, client)
        while len(_clients) > CLIENTS_MAX:
            _clients.popitem(last=False)
        return client


def _new(cluster_id: int, credentials: Credentials) -> Client:
    try:
        return Client(credentials, limits=limits())
    except Unusable as e:
        raise Denied(because("credentials-unusable", cluster=str(cluster_id))) from e


def limits() -> Limits:
    """Where a cluster of this installation may be: in the demo anywhere, else not on this machine, nor where
    our database and our broker are."""
    if settings.DEMO:
        return Limits(loopback_allowed=True)
    broker = urlsplit(settings.REDIS_URL)
    at_broker = (broker.hostname or "localhost", broker.port or REDIS_PORT)
    return Limits(ours=(*database_doors(settings.DATABASES["default"]), at_broker))


def database_doors(database: dict[str, Any]) -> list[tuple[str, int]]:
    """(host, port) of each server that libpq may connect to; none for a socket in a folder."""
    hosts = str(database.get("HOST") or "").split(",")
    ports = str(database.get("PORT") or POSTGRES_PORT).split(",")
    ports += ports[-1:] * len(hosts)
    return [(host, int(port)) for host, port in zip(hosts, ports, strict=False) if host and host[0] != "/"]
