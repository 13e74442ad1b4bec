"""What the Reasons of this package say, in English."""

SENTENCES: dict[str, str] = {
    "role-may-not": "Your role %(role)s may not do this: it takes %(needs)s.",
}
