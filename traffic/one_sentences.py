"""Sentences where what they count is one: code -> the parameter that counts, and the sentence."""

ONE: dict[str, tuple[str, str]] = {
    "route-created": ("tenants", "Route %(route)s with %(tenants)s tenant was created."),
    "dns-write-weights": ("routes", "Write the weights of %(routes)s Route, %(first)s."),
    "routes-adopted": (
        "routes",
        "What the router %(router)s showed of %(routes)s Route was taken over: %(why)s",
    ),
    "route-made-for-list": ("tenants", "The Route was made for %(tenants)s tenant of a list."),
    "tenants-imported": ("tenants", "A list of %(tenants)s tenant was imported."),
    "router-registered": ("instances", "Router %(router)s was registered with %(instances)s instance."),
    "routes-published": ("routes", "%(routes)s Route is published on the router %(router)s."),
    "routes-unpublished": ("routes", "%(routes)s Route was taken off the router %(router)s."),
    "no-endpoint-known": (
        "prods",
        (
            "It is not known where its %(prods)s Prod in service is reached, so users’ side cannot be asked: give it an "
            "endpoint."
        ),
    ),
    "fleet-too-small-to-automate": (
        "clusters",
        "With %(clusters)s cluster nobody can tell who is cut off: a person decides.",
    ),
    "router-hostname-missing": (
        "hostnames",
        "%(hostnames)s hostname of the Route %(route)s is not bound: %(hostname)s.",
    ),
    "router-hostname-extra": (
        "hostnames",
        "%(hostnames)s hostname is bound to the Route %(route)s and should not be: %(hostname)s.",
    ),
    "router-bind": ("hostnames", "Route %(route)s: bind %(hostnames)s hostname."),
    "roomiest-prod": (
        "fitting",
        "A new Route: %(fitting)s Prod may take it, %(prods)s, which then has room for %(room)s more.",
    ),
    "route-was-there": (
        "routes",
        (
            "A Route that was there: %(routes)s is alike and had space. There is room for %(room)s more then on "
            "%(prods)s."
        ),
    ),
    "data-leave-out": (
        "left_out",
        (
            "%(left_out)s Prod is left out: its Version may not work on the data that %(version)s wrote. %(why)s"
        ),
    ),
    "n-1-does-not-hold": ("tenants", "If %(cluster)s died, %(tenants)s tenant would have no place."),
}
