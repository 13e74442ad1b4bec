"""What the Reasons of describing Prods say: what, where, what to do."""

SENTENCES: dict[str, str] = {
    "prod-retired": "Prod %(prod)s was retired. Its name and its namespace stay with its history: choose others.",
    "prod-not-there": "There is no Prod %(prod)s.",
    "prod-made-meanwhile": "Somebody made a Prod %(prod)s, or one in its namespace, at the same moment. Look at "
    "it first.",
    "prod-facts": "Its facts were changed: %(fields)s.",
    "no-facts-given": "Give at least one of: %(allowed)s.",
    "cluster-takes-none": "Cluster %(cluster)s is %(intent)s: it takes no new Prods.",
    "namespace-reserved": "The namespace %(namespace)s belongs to Kubernetes itself. Choose another.",
    "namespace-foreign": "On cluster %(cluster)s there is a namespace %(namespace)s already, which belongs to "
    "%(owner)s. Drover never takes over a namespace: choose another, or remove that one.",
    "namespace-not-looked-at": "Whether cluster %(cluster)s has a namespace %(namespace)s of somebody else could "
    "not be seen: %(why)s",
    "json-too-deep": "This is nested deeper than %(limit)s levels.",
    "json-too-large": "This has more than %(limit)s values.",
    "text-unstorable": "This text has characters that no text may have.",
}
