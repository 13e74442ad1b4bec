"""What the Reasons of this package say, in English."""

from . import (
    dns_sentences,
    glass_sentences,
    one_sentences,
    people_sentences,
    planning_sentences,
    router_sentences,
)

ONE = one_sentences.ONE
SENTENCES: dict[str, str] = {
    **dns_sentences.SENTENCES,
    **glass_sentences.SENTENCES,
    **people_sentences.SENTENCES,
    **planning_sentences.SENTENCES,
    **router_sentences.SENTENCES,
    "tenant-group-wrong": "Tenant group %(group)s: no such Prods: %(unknown)s. Create them first.",
    "route-exists": "There is a Route %(route)s already, which serves others.",
    "route-would-be-empty": "The weights of the Route %(route)s would sum to 0: give one member some.",
    "weight-out-of-range": "A weight of the Route %(route)s is not between 0 and 100.",
    "prod-without-endpoint": "The Route %(route)s cannot be published: it is not known where %(prods)s is reached. "
    "Give it an endpoint, or a Service of type LoadBalancer.",
    "prod-address-gone": "Where %(prods)s is reached is not known while its cluster does not answer, so nothing is written "
    "for %(route)s: the routers keep what they have until its users are moved, or the cluster is back.",
    "router-without-cluster": "The router %(router)s has no cluster to publish on.",
    "endpoint-not-allowed": "The router %(router)s names an endpoint_url: only a demo may send its keys elsewhere.",
    "router-answers": "The router %(router)s answers.",
    "route-created": "Route %(route)s with %(tenants)s tenants was created.",
}
