"""What people type: names and reasons, checked."""

from journal.core.reasons import FieldErrors, Reason, because
from journal.core.words import plain_words

LONGEST_REASON = 1000


def refuse_field(field: str, code: str, **params: str | int) -> FieldErrors:
    """The error that one field has this fault."""
    return FieldErrors(((field, because(code, **params)),))


def checked_name(text: str, field: str, most: int) -> str:
    """`text`, stripped. Raises FieldErrors where it is empty, too long, or not printable."""
    stripped = str(text).strip()
    if not stripped or len(stripped) > most or not stripped.isprintable():
        raise refuse_field(field, "name-not-usable", most=most)
    return stripped


def optional_reason(text: str) -> str:
    """A person's reason, stripped; it may be empty. Raises FieldErrors where it is too long, or not plain."""
    words = plain_words(text)
    if len(words) > LONGEST_REASON:
        raise refuse_field("reason", "reason-not-usable", most=LONGEST_REASON)
    return words


def told(code: str, why: str, **params: str | int) -> Reason:
    """The Reason `code`, or `code-because` where a person gave theirs."""
    return because(f"{code}-because", why=why, **params) if why else because(code, **params)
