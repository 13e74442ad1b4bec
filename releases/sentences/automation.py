"""What the Reasons of automation say: why nothing happens by itself, and what did."""

SENTENCES: dict[str, str] = {
    # Why not.
    "automation-stopped": "All automation is off: %(by)s, “%(why)s”.",
    "auto-failover-off": "Automatic failover is on for no redundancy: a person decides.",
    "writer-never-automatic": "It has a single writer: only a person can make sure that the old one is stopped.",
    "class-not-automatic": "Automatic failover is off for its redundancy, %(redundancy)s.",
    "moved-by-hand-since": "A person has set its weights since the cluster went down.",
    "automation-already-stopped": "All automation is off already.",
    "automation-not-stopped": "Automation is not switched off.",
    "auto-failover-already": "It is so already.",
    "never-automatic": "Routes of the redundancy %(redundancy)s never fail over by themselves.",
    # What happened.
    "automation-stopped-by-person": "%(by)s switched all automation off: %(why)s",
    "automation-resumed-by-person": "%(by)s switched automation on again: %(why)s",
    "auto-failover-switched-on": "%(by)s lets Routes of the redundancy %(redundancy)s fail over by themselves: %(why)s",
    "auto-failover-switched-off": "%(by)s keeps failover of Routes of the redundancy %(redundancy)s for people: "
    "%(why)s",
    "cluster-left-alone": "Users leave %(cluster)s without a person: it is down by two signals.",
    "failed-over-alone": "Failed over without a person: the signals %(signals)s of %(cluster)s have not answered for "
    "%(seconds)s s.",
    "left-for-a-person": "Left for a person: %(routes)s. Routes: %(count)s, tenants: %(tenants)s.",
    "moves-taken-back": "%(by)s took back what no router showed yet of the way out of %(cluster)s (Routes: %(cancelled)s; "
    "those that stay moved until a failback: %(kept)s): %(why)s",
    "no-moves-to-take-back": "Every move out of %(cluster)s is shown by a router, or none is under way: users come back by "
    "a failback.",
    "source-is-back": "%(cluster)s is up again: what no router showed yet was cancelled. Routes that have their weights back: "
    "%(cancelled)s, that stay moved until a failback: %(kept)s.",
}
