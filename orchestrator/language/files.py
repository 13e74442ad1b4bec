"""The two files of a language: `.po`, which people write, and `.mo`, which Django reads.

Formats: https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html and …/MO-Files.html. Of the
first only what this module writes is read: one plural form, no fuzzy and no obsolete entries.
"""

import ast
import re
import struct
from collections.abc import Mapping

from .found import Message

_ENTRY = re.compile(r'^(msgctxt|msgid|msgid_plural|msgstr|msgstr\[0\]) ("(?:[^"\\]|\\.)*")$')
_MO_MAGIC = 0x950412DE


class Unreadable(ValueError):
    """Line and what is wrong with it."""


def read_po(text: str) -> tuple[str, dict[Message, str]]:
    """What stands before the first entry with a sentence (the glossary and the header), and the
    translations. Raises Unreadable."""
    head, _, rest = text.partition("\n\n#: ")
    if "\n#, " in rest:
        raise Unreadable("an entry is marked, as fuzzy perhaps: translate it and remove the mark")
    known: dict[Message, str] = {}
    for block in f"#: {rest}".split("\n\n"):
        fields = _fields(block)
        if "msgid" in fields:
            key = Message(fields["msgid"], fields.get("msgid_plural", ""), fields.get("msgctxt", ""))
            known[key] = fields.get("msgstr", fields.get("msgstr[0]", ""))
    return head, known


def _fields(block: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    last = ""
    for line in block.splitlines():
        if found := _ENTRY.match(line):
            last = found[1]
            fields[last] = ast.literal_eval(found[2])
        elif line.startswith('"') and last:
            fields[last] += ast.literal_eval(line)
        elif line and not line.startswith("#"):
            raise Unreadable(f"not understood: {line}")
    return fields


def write_po(head: str, found: Mapping[Message, list[str]], known: Mapping[Message, str]) -> str:
    """The text of a `.po` with what was `found`, in that order; what is not `known` is left empty."""
    blocks = (_block(message, places, known.get(message, "")) for message, places in found.items())
    return "\n\n".join([head, *blocks]) + "\n"


def _block(message: Message, places: list[str], said: str) -> str:
    lines = [f"#: {place}" for place in places]
    if message.context:
        lines.append(f"msgctxt {_quoted(message.context)}")
    lines.append(f"msgid {_quoted(message.text)}")
    if message.plural:
        lines.append(f"msgid_plural {_quoted(message.plural)}")
    lines.append(f"msgstr{'[0]' if message.plural else ''} {_quoted(said)}")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def compiled(text: str) -> bytes:
    """The `.mo` of the `.po` in `text`: always the same bytes for the same text."""
    head, known = read_po(text)
    pairs = {b"": _fields(head)["msgstr"].encode()}
    pairs |= {_key(message): said.encode() for message, said in known.items() if said}
    keys = sorted(pairs)
    at = 7 * 4 + 16 * len(keys)  # the header and two tables of (length, offset)
    tables, data = [b"", b""], b""
    for place, words in enumerate((keys, [pairs[key] for key in keys])):
        for word in words:
            tables[place] += struct.pack("<2I", len(word), at + len(data))
            data += word + b"\0"
    first = 7 * 4
    header = struct.pack("<7I", _MO_MAGIC, 0, len(keys), first, first + 8 * len(keys), 0, at)
    return header + tables[0] + tables[1] + data


def _key(message: Message) -> bytes:
    """How gettext finds it: context and plural are part of the key."""
    text = f"{message.context}\x04{message.text}" if message.context else message.text
    return (f"{text}\0{message.plural}" if message.plural else text).encode()
