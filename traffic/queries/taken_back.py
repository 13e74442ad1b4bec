"""Where rollbacks take Prods back to, told by those who run them: this package knows no Runs."""

from django.dispatch import Signal

# Answered with Prod -> the Version that a rollback under way takes it back to.
asked_what_is_taken_back = Signal()


def read_taken_back() -> dict[str, str]:
    """Prod -> the Version that a rollback under way takes it back to."""
    answers = asked_what_is_taken_back.send(None)
    return {prod: version for _teller, told in answers for prod, version in told.items()}
