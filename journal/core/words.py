"""People's own words: reasons and notes, as they are kept and shown to others."""

import re

from .reasons import FieldErrors, because

# Control characters but for line break and tab; the separators of Unicode, which break a line unseen; what
# turns the direction of the text around it, so that it reads other than it is (CVE-2021-42574); halves of
# characters. Joiners stay: emoji and some scripts need them.
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def plain_words(text: object, field: str = "reason") -> str:
    """`text` without white space around it, its lines apart by line feeds. May be empty. Raises FieldErrors
    that name the field where a character in it is not seen by whoever reads it.

    >>> plain_words(" two\\r\\nlines ")
    'two\\nlines'
    """
    words = str(text).replace("\r\n", "\n").strip()
    if hidden := HIDDEN.search(words):
        code = f"U+{ord(hidden[0]):04X}"
        raise FieldErrors(((field, because("hidden-character", character=code)),))
    return words
