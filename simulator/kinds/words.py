"""What names, and the keys and values of labels, have to be like, and how a server says so.

Source: k8s.io/apimachinery/pkg/util/validation.
"""

from __future__ import annotations

import re
from functools import lru_cache

PROBLEMS_KEPT = 4096
NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
LABEL_WORDS = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
    "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
SUBDOMAIN_WORDS = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
NAME_WORDS = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
VALUE_WORDS = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
LONGEST = 63


SEVERAL_SLASHES = (
    "a qualified name " + NAME_WORDS.removeprefix("name part ") + " with an optional DNS subdomain prefix and '/' (e.g. "
    "'example.com/MyName')"
)  # fmt: skip


@lru_cache(maxsize=PROBLEMS_KEPT)
def key_problems(key: str) -> tuple[str, ...]:
    """Why the text is no key of a label; () if it is one."""
    prefix, slash, name = key.rpartition("/")
    if "/" in prefix:
        return (SEVERAL_SLASHES,)
    problems = []
    if slash and not prefix:
        problems.append("prefix part must be non-empty")
    elif slash:
        problems += [f"prefix part {problem}" for problem in subdomain_problems(prefix)]
    if not name:
        problems.append("name part must be non-empty")
    elif len(name) > LONGEST:
        problems.append(f"name part must be no more than {LONGEST} bytes")
    return (*problems, *(() if NAME.fullmatch(name) else (NAME_WORDS,)))


@lru_cache(maxsize=PROBLEMS_KEPT)
def value_problems(value: str) -> tuple[str, ...]:
    """Why the text is no value of a label; () if it is one."""
    long = (f"must be no more than {LONGEST} bytes",) if len(value) > LONGEST else ()
    return (*long, *(() if not value or NAME.fullmatch(value) else (VALUE_WORDS,)))


@lru_cache(maxsize=PROBLEMS_KEPT)
def subdomain_problems(text: str) -> tuple[str, ...]:
    """Why the text is no name of most objects (RFC 1123 subdomain); () if it is one."""
    long = ("must be no more than 253 characters",) if len(text) > 253 else ()
    return (*long, *(() if SUBDOMAIN.fullmatch(text) else (SUBDOMAIN_WORDS,)))


@lru_cache(maxsize=PROBLEMS_KEPT)
def label_problems(text: str) -> tuple[str, ...]:
    """Why the text is no RFC 1123 label, as names of containers are; () if it is one."""
    long = (f"must be no more than {LONGEST} characters",) if len(text) > LONGEST else ()
    return (*long, *(() if LABEL.fullmatch(text) else (LABEL_WORDS,)))
