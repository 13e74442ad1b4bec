"""What the Reasons of comparing a Prod with its Cluster say: what, where, what to do."""

SENTENCES: dict[str, str] = {
    "drift-found": "The cluster differs from what was applied. Differences: %(differences)s, objects: %(objects)s.",
    "drift-gone": "The cluster has what was applied again.",
    "drift-run-changes": "Run %(run)s is changing it. It is compared when the run has ended.",
    "drift-look-slow": "The cluster took longer than %(seconds)s s to show its objects.",
}
