"""What routers say, in English: the Reasons of `traffic.routers.rules`, of the Gateway API and of HAProxy."""

SENTENCES: dict[str, str] = {
    "router-weights-zero": "The Route %(route)s would serve nobody: all of its weights are 0.",
    "router-weight-wrong": "The weight %(weight)s of %(prod)s in the Route %(route)s is not between 0 and 100.",
    "router-name-wrong": "The Route %(route)s has a name that no router takes: %(name)s.",
    "router-address-wrong": "The Route %(route)s has no usable address and port for %(prod)s.",
    "router-hostname-twice": "Two Routes ask for the hostname %(hostname)s.",
    "router-epoch-newer": "The Route %(route)s is published at epoch %(actual)s already; %(asked)s is older.",
    "router-moved-on": "Somebody else has changed the Route %(route)s on this router since it was read.",
    "router-not-mended": "Nobody mends it while automation is switched off: %(why)s",
    "replacement-not-there": "Nothing is taken away yet, since what replaces it is not there: %(why)s",
    "router-not-published": "The Route %(route)s is not published there.",
    "router-epoch-differs": "The Route %(route)s is published at epoch %(actual)s; asked is %(asked)s.",
    "router-weight-differs": "In the Route %(route)s, %(prod)s has the weight %(actual)s; asked is %(asked)s.",
    "router-hostname-missing": "%(hostnames)s hostnames of the Route %(route)s are not bound, such as %(hostname)s.",
    "router-hostname-extra": "%(hostnames)s hostnames are bound to the Route %(route)s and should not be, such as "
    "%(hostname)s.",
    "router-address-differs": "The Route %(route)s reaches %(prod)s at another address than is asked.",
    "router-object-differs": "%(kind)s %(name)s on the edge cluster is not as asked.",
    "router-settings-wrong": "The settings of the router %(router)s cannot be used. %(field)s: %(why)s",
    "router-no-answer": "The router at %(router)s gave no usable answer (%(error)s).",
    "router-refused": "The router did not do what it was told: %(said)s",
    "router-word-wrong": "This cannot be said to HAProxy: %(word)s.",
    "router-full": "All %(limit)s backends of this HAProxy are in use, so the Route %(route)s has none. Give its "
    "configuration more.",
    "router-members-many": "A backend of this HAProxy has %(limit)s servers, too few for the Route %(route)s. Give its "
    "configuration more.",
    "router-address-named": "HAProxy needs an IP address for %(prod)s in the Route %(route)s.",
    "router-claim-lost": "The Route %(route)s got no backend: others took each one at the same moment.",
    "router-write-route": "Route %(route)s: weights and members of epoch %(epoch)s.",
    "router-bind": "Route %(route)s: bind %(hostnames)s hostnames.",
    "router-trim": "Route %(route)s: take out what is no longer asked at epoch %(epoch)s.",
    "router-write-object": "Apply %(kind)s %(name)s of epoch %(epoch)s.",
    "router-write-weights": "Apply the weights of %(kind)s %(name)s of epoch %(epoch)s.",
    "router-write-binding": "Apply the hostnames of %(kind)s %(name)s of epoch %(epoch)s.",
    "router-drop-object": "Delete %(kind)s %(name)s.",
}
