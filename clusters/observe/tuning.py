"""How often and how long: settings of the observer, with the defaults they have."""

from dataclasses import dataclass, fields

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Tuning:
    """Each field can be set as `OBSERVER_<FIELD>` in the settings. Seconds, if the name ends in `_s`."""

    lease_s: float = 10.0  # an observer that dies is replaced after this long
    rows_s: float = 2.0  # new Prods and Clusters are noticed within this; leases are renewed as often
    clusters_max: int = 100  # of one observer
    claim_batch: int = 10  # at a time, so that observers that start together share the clusters
    probe_s: float = 2.0
    probe_timeout_s: float = 2.0
    retry_probe_s: float = 1.0  # after a miss
    confirm_s: float = 1.0  # how often ages are written
    confirm_rows: int = 200  # Observations confirmed per second, at most
    history_s: float = 20.0  # how often what the probes took is written
    nodes_s: float = 30.0
    version_s: float = 60.0  # a control plane may be upgraded without being away
    coalesce_s: float = 0.02  # of one Prod; the first change is written at once
    watch_s: int = 15  # the server ends a watch after this, and we begin the next
    connect_s: float = 5.0
    silence_s: float = 20.0  # a watch without a byte for this long is dead
    list_s: float = 15.0
    retry_min_s: float = 0.2
    retry_max_s: float = 5.0
    back_s: float = 30.0  # a cluster that lists an older state than it has shown is believed after this long
    blind_s: float = 10.0  # watches that fail for this long: what was seen is no longer trusted
    absent_s: float = 60.0  # a kind that the cluster does not have is looked for this often
    secrets_s: float = 30.0  # Secrets that Blueprints refer to are looked for this often
    secrets_again_s: float = 3.0  # while any is not there: somebody is about to make it
    threads: int = 4


def read_tuning() -> Tuning:
    """The Tuning of this process."""
    given = {
        field.name: getattr(settings, f"OBSERVER_{field.name.upper()}", None) for field in fields(Tuning)
    }
    return Tuning(**{name: value for name, value in given.items() if value is not None})
