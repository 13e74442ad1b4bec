"""What the Reasons of building, changing and retiring Prods say: what, where, what to do."""

_PLANS = {
    "asked-change": "A person asks for its overrides revision %(revision)s.",
    "asked-retire": "A person retires it.",
    "one-document": "Give one document, not %(documents)s.",
    "no-such-prod": "There is no Prod %(prod)s that could be changed.",
    "nothing-changes": "These are the overrides that %(prod)s has already: nothing would change.",
    "serves-alone": "%(prod)s alone serves %(routes)s (%(tenants)s tenants): they would have nobody left. Let "
    "another Prod serve them first.",
    "leaves-to-ill": "%(routes)s would be left to %(partner)s, which is not known to serve. Repair "
    "%(partner)s first.",
    "retire-not-confirmed": "Type the name of the Prod, %(prod)s, to retire it.",
    "retire-not-rolled-back": "It has begun to delete the objects of the Prod, and nothing brings them back "
    "as they were. While it is under way you can abort it and change the Prod: that applies everything again.",
    "component-not-scaled": "%(component)s is no component of %(prod)s that has replicas.",
}

_STEPS = {
    "leaving-service": "Takes %(prod)s out of service.",
    "deleting-objects": "Deletes the objects of %(prod)s.",
    "deleting-namespace": "Deletes the namespace of %(prod)s and waits until it is gone.",
    "out-of-service": "Out of service. Routes that others serve instead: %(routes)s.",
    "left-routes": "Routes that their other members serve from now on: %(routes)s.",
    "objects-deleted": "Objects that are being deleted: %(objects)s.",
    "namespace-going": "The namespace %(namespace)s is being deleted, with all that is left in it.",
    "namespace-gone": "The namespace %(namespace)s is gone.",
    "namespace-stuck": "The namespace %(namespace)s has not gone in %(waited_s)s s: %(message)s. Something in it "
    "cannot end; free it, then retry.",
    "namespace-not-ours": "The namespace %(namespace)s belongs to %(owner)s, so it was left alone. Skip this step "
    "to retire the Prod without it.",
    "author-may-not": "%(by)s started this run and may no longer do this (account: %(role)s; it takes the right "
    "%(needs)s). Nothing was changed. Roll back, or abort and let somebody who may start another.",
    "object-contested": "%(managers)s owns fields of %(kind)s %(name)s: %(fields)s. Retry when it has let go of "
    "them, or take them over.",
    "nothing-to-take-over": "Step %(step)s did not fail because another tool owns fields: there is nothing to "
    "take over.",
    "take-over-by-person": "%(by)s takes over %(fields)s of %(kind)s %(name)s from %(managers)s: %(why)s",
}

_PEOPLE = {
    "held-by-person": "Held by %(by)s: %(why)s",
    "prod-held-already": "%(prod)s is held already, by %(by)s: %(why)s",
    "prod-is-retired": "%(prod)s is retired: nothing can be done with it any more.",
}

SENTENCES: dict[str, str] = {**_PLANS, **_STEPS, **_PEOPLE}
