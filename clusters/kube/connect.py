"""One client per cluster and process, shared by its threads."""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import astuple
from typing import TYPE_CHECKING

from clusters.core.kubeconfig import Credentials
from clusters.vault import decrypt
from journal.core.reasons import Refused, because

from .client import Client
from .protocol import Denied, Kube
from .tls import Unusable

if TYPE_CHECKING:
    from clusters.models import Cluster

CLIENTS_MAX = 256

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

    Raises Denied for credentials that TLS cannot use.
    """
    fingerprint = hashlib.sha256("\0".join(astuple(credentials)).encode()).hexdigest()
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
        return Client(credentials)
    except Unusable as e:
        raise Denied(because("credentials-unusable", cluster=str(cluster_id))) from e
