"""The state file's seal: what was not written by this Drover, whole, is not believed.

A file is one line, `drover-state FORMAT KEY LENGTH SIGNATURE`, and then as many bytes as it says. KEY tells which
secret key signed it, and nothing about that key.
"""

import hashlib
import hmac

from journal.core.reasons import Refused, because

NAME, FORMAT = b"drover-state", 1
HEAD_MAX = 200


def seal(body: bytes, secret: str) -> bytes:
    """The file that holds `body`."""
    head = b"%s %d %s %d" % (NAME, FORMAT, _fingerprint(secret), len(body))
    return b"%s %s\n%s" % (head, _signature(head, body, secret), body)


def unseal(content: bytes, secret: str) -> bytes:
    """The body of a file. Raises Refused, saying what is wrong with it."""
    if not content.startswith(NAME + b" "):
        raise Refused(because("state-file-foreign"))
    line, end, body = content[:HEAD_MAX].partition(b"\n")
    body = content[len(line) + 1 :]
    words = line.split(b" ")
    if len(words) > 1 and words[1].isdigit() and int(words[1]) > FORMAT:
        raise Refused(because("state-file-newer", format=int(words[1]), known=FORMAT))
    if not end or len(words) != 5 or not words[3].isdigit() or len(body) < int(words[3]):
        raise Refused(because("state-file-truncated"))
    if not hmac.compare_digest(words[2], _fingerprint(secret)):
        raise Refused(because("state-file-of-another-key"))
    head = b" ".join(words[:4])
    if not hmac.compare_digest(words[4], _signature(head, body, secret)):
        raise Refused(because("state-file-tampered"))
    return body


def _key(secret: str, purpose: bytes) -> bytes:
    return hmac.digest(secret.encode(), b"drover.state-file." + purpose, hashlib.sha256)


def _fingerprint(secret: str) -> bytes:
    return _key(secret, b"name").hex()[:16].encode()


def _signature(head: bytes, body: bytes, secret: str) -> bytes:
    return hmac.new(_key(secret, b"signature"), head + b"\n" + body, hashlib.sha256).hexdigest().encode()
