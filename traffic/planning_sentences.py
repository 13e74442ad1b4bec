"""What the Reasons of `traffic.core` say, in English."""

SENTENCES: dict[str, str] = {
    # Weights.
    "weight-below-nothing": "%(prod)s cannot have the weight %(weight)s.",
    "weights-sum-to-nothing": "The weights sum to 0: give one member some.",
    "route-needs-a-member": "%(prod)s cannot be drained: no other member has any weight.",
    "no-target-weight": "%(prod)s has no weight in normal times, so there is nothing to bring back.",
    # Where a Route may go.
    "no-prod-of-role": "There is no Prod of %(blueprint)s with the role %(role)s.",
    "pinned-elsewhere": "It is pinned to %(pins)s, and none of these could serve it.",
    "only-closed-clusters": "No Prod that it may be on takes new users: they or their clusters are being emptied, or the "
    "clusters are cordoned.",
    "no-prod-serving": "No Prod that it may be on is in service and known to serve well.",
    "no-version-shares-data": "No Prod runs a Version that may work on the data of %(versions)s.",
    "no-room": "It needs room for %(load)s; the most that any fitting Prod has is %(most)s.",
    "no-other-domain": "No Prod that it may be on is in another failure domain.",
    "no-other-prod": "No other Prod is there that it may be on.",
    "no-prod-on-version": "No other Prod runs the same Version, so it stays while the Prod is updated.",
    "no-good-prod": "No Prod with a good Version is there that it may be on.",
    "no-router-left": "None of the routers that it is published on is left.",
    "writer-stays": "It has a single writer, and %(prod)s may still write: it stays there.",
    "writer-waits-for-failover": "It has a single writer on %(prod)s: fail %(cluster)s over, which asks whether that "
    "writes no more.",
    # What becomes of it.
    "moves-to": "It moves to %(prod)s, which then has room for %(room)s more.",
    "goes-back-to": "It goes back to its member %(prods)s.",
    "others-carry": "%(prods)s carries it.",
    "comes-back": "%(prods)s comes back: %(percent)s %% of its target weight.",
    "relieves": "It moves to %(to)s because %(prod)s has too much to carry.",
    # Why redundancy is not enough.
    "route-unpublished": "It is published on no router, so nothing takes a dead member out.",
    "routers-do-not-check": "None of its routers checks the health of its members.",
    "routers-in-one-domain": "All its routers that check health are in one failure domain, %(domain)s.",
    # What is wrong with it as it is.
    "route-without-members": "No Prod serves it.",
    "no-member-serves": "None of its members is known to serve well.",
    "redundancy-not-given": "It is to be in two failure domains and is only in %(domain)s.",
    # Loads.
    "load-query-silent": "Prometheus does not answer the query for loads.",
    "load-query-nonsense": "What Prometheus answers to the query for loads makes no sense: values with a label tenant, "
    "hostname or route are wanted.",
    # Coming back.
    "member-not-serving": "%(prod)s is not known to serve well.",
    "member-on-vetoed-version": "%(prod)s runs %(version)s, which is vetoed.",
    "member-may-not-share-data": "%(prod)s runs %(version)s, which may not work on its data.",
    "member-has-no-room": "%(prod)s has promised %(lacks)s more than it can carry.",
    # Tenants into Routes.
    "route-has-space": "It has a load of %(load)s and may have %(limit)s.",
    "new-route": "No Route that is alike had space; this one may have a load of %(limit)s.",
    "has-route-of-its-own": "A load of %(load)s is more than a Route of several tenants may have (%(limit)s).",
    "roomiest-prod": "A new Route: of %(fitting)s Prods that may take it, %(prods)s had most room, and then has room for "
    "%(room)s more.",
    "roomiest-in-domains": "A new Route: in two failure domains (%(domains)s) %(prods)s had most room, of %(fitting)s Prods "
    "that may take it. Each then has room for %(room)s more at least.",
    "route-was-there": "A Route that was there: of %(routes)s that are alike and had space, those on Prods with most room "
    "come first. There is room for %(room)s more then on %(prods)s.",
    "only-pinned": "It is pinned to %(pins)s. %(why)s",
    "asked-among": "Only these Prods were asked for: %(among)s. %(why)s",
    "data-leave-out": "%(left_out)s Prods are left out: their Versions may not work on the data that %(version)s wrote. "
    "%(why)s",
    "one-domain-only": "Redundancy needs Prods in two failure domains; there are only some in %(domain)s.",
    "writer-in-two-domains": "Data with a single writer are written by one Prod, so none in another failure domain serves "
    "them too: choose the redundancy none. A failover moves them once a person vouches.",
    "none-of-those-asked": "None of the Prods that were asked for fits.",
    "only-vetoed-versions": "All Prods that fit run vetoed Versions.",
    # One move, by a person.
    "not-a-member": "%(prod)s is not a member of %(route)s.",
    "move-to-unknown-prod": "There is no Prod %(prod)s.",
    "already-a-member": "%(prod)s is a member of %(route)s already.",
    "prod-of-another-kind": "%(prod)s has another role or Blueprint than %(route)s needs.",
    "route-pinned-elsewhere": "%(route)s is pinned to other Prods than %(prod)s.",
    "domain-taken": "%(prod)s is in the failure domain %(domain)s, where %(other)s is already.",
    "writer-split": "%(route)s has a single writer, and %(prods)s would write its data at once. Give one of them all of "
    "it, and the others 0.",
    "prod-on-closed-cluster": "%(prod)s takes no new users: it or its cluster %(cluster)s is being emptied, or the "
    "cluster is cordoned.",
    "prod-has-no-room": "%(prod)s has room for %(room)s more, and would have to be able to carry all of %(route)s alone: "
    "%(load)s.",
    "split-in-one-domain": "With %(prod)s only the failure domain %(domain)s would serve %(route)s, which is promised two.",
    "no-prod-below": "%(prod)s carries %(over)s too much, and no Prod can take this Route without the same.",
    # Proposals.
    "load-over-threshold": "The load is %(percent)s %% of what all carry; more than %(most)s %% is too much.",
    "n-1-does-not-hold": "If %(cluster)s died, %(tenants)s tenants would have no place.",
    "no-cluster-for-a-prod": "No Cluster in another failure domain is there to build it on.",
    # Detection.
    "probes-silent": "No probe has answered or failed lately: %(signals)s.",
    "probes-too-few": "Too few probes so far.",
    "both-signals-miss": "Neither the API nor the users' side has answered for %(seconds)s s.",
    "served-all-the-same": "Neither its API nor its Prods answer Drover, but users are answered through a router: Drover may be the one that is cut off.",
    "one-signal-misses": "Only one signal misses: %(signal)s.",
    "never-probed": "Its signals have not been asked yet.",
    "signals-old": "Its signals were heard last %(seconds)s s ago: nothing is known of it now.",
    "signals-answer": "Both signals answer.",
    "no-endpoint-known": "It is not known where any of its %(prods)s Prods in service is reached, so users’ side "
    "cannot be asked: give one an endpoint.",
    "no-user-address": "Nobody can ask through these routers, since it is not known where users are let in: "
    "%(routers)s. Give them the setting “users”.",
    "not-steady-yet": "It answers again, but not steadily yet.",
    "fleet-too-small-to-automate": "With %(clusters)s clusters nobody can tell who is cut off: a person decides.",
    "too-many-look-dead": "%(dead)s of %(clusters)s clusters look dead: probably we are cut off. A person decides.",
}
