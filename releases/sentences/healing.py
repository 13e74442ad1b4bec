"""What the Reasons of healing drift say: what, where, what to do."""

SENTENCES: dict[str, str] = {
    "heals-drift": "Applies again what is asked of it. Differences: %(differences)s.",
    "drift-unknown": "It is not known how its cluster differs. Ask for a look first.",
    "nothing-to-heal": "Nothing that a heal could mend differs from what was applied.",
    "only-additions": "What differs (%(differences)s) was added by others (%(managers)s). A heal leaves it: "
    "take it over to remove it.",
    "drift-unconfirmed": "It was seen once. The second look comes in some seconds.",
    "cluster-not-healthy": "Its cluster is not healthy.",
    "heal-after-rollback": "Rollback %(run)s lets its autoscalers keep more pods: it is healed once that is over.",
    "no-rollback-of-heal": "A heal has applied what was there before: there is nothing to go back to.",
    "heal-started": "Healed by itself, after two looks. Differences: %(differences)s.",
    "self-heal-on": "%(by)s lets drift be healed without a person: %(why)s.",
    "self-heal-off": "%(by)s has ended healing without a person: %(why)s.",
    "self-heal-stopped": "Healed %(times)s times within an hour, and it drifts again: %(manager)s writes against "
    "it. Healing by itself is off; find out who does it, then switch it on again.",
    "self-heal-already": "It is so already.",
    "drift-not-compared": "A Prod that is %(lifecycle)s is not compared with its cluster.",
    "drift-never-compared": "It has not been compared with its cluster yet. The first look comes within a minute.",
    "drift-asked": "%(by)s has asked for a look: it is compared now.",
}
