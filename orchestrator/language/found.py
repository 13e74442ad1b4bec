"""Every sentence that the code can show: in templates, in Python, in the `SENTENCES` of the apps."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from django.utils.translation.template import templatize

APPS = ("access", "clusters", "journal", "orchestrator", "releases", "traffic")
# Looks up what stands in the tables of others.
LOOKS_UP = frozenset({"journal/sentences.py"})

_LITERAL = r"""u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_CALL = re.compile(
    rf"\b(n?p?gettext|_)\(\s*{_LITERAL}(?:\s*,\s*{_LITERAL})?(?:\s*,\s*{_LITERAL})?", re.DOTALL
)


@dataclass(frozen=True, slots=True, order=True)
class Message:
    """`text` as gettext knows it; `plural` and `context` are empty where there are none."""

    text: str
    plural: str = ""
    context: str = ""


class NotLiteral(ValueError):
    """A sentence is put together before it is translated, so no catalogue can have it."""


def all_messages(root: Path) -> dict[Message, list[str]]:
    """Message -> the files that show it, both in the order of the files' names."""
    found: dict[Message, list[str]] = {}
    for place, messages in _by_file(root):
        for message in messages:
            places = found.setdefault(message, [])
            if place not in places:
                places.append(place)
    return found


def _by_file(root: Path) -> Iterator[tuple[str, Iterable[Message]]]:
    for app in APPS:
        for path in sorted((root / app).rglob("*.py")):
            place = path.relative_to(root).as_posix()
            if place not in LOOKS_UP and "gettext" in (source := path.read_text()):
                yield place, in_python(source, place)
        if app != "journal" and (
            (root / app / "sentences.py").exists() or (root / app / "sentences").exists()
        ):
            yield f"{app}/sentences", in_sentences(app)
    for path in sorted((root / "templates").rglob("*.html")):
        yield path.relative_to(root).as_posix(), in_template(path.read_text())


def in_sentences(app: str) -> list[Message]:
    """What the Reasons of `app` say."""
    module = import_module(f"{app}.sentences")
    sentences: dict[str, str] = module.SENTENCES
    ones: dict[str, tuple[str, str]] = getattr(module, "ONE", {})
    return [
        Message(ones[code][1], plural=text) if code in ones else Message(text)
        for code, text in sentences.items()
    ]


def in_template(source: str) -> list[Message]:
    """What `{% translate %}`, `{% blocktranslate %}` and `_("…")` in a template say."""
    calls = _CALL.findall(templatize(source))
    return [_message(name, [ast.literal_eval(word) for word in words if word]) for name, *words in calls]


def in_python(source: str, place: str = "") -> list[Message]:
    """What calls of Django's gettext functions say, by whatever name they are imported.

    Raises NotLiteral where the sentence is no literal.
    """
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name: alias.name.removesuffix("_lazy")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if "gettext" in alias.name
    }
    calls = [
        (names[node.func.id], node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
    ]
    return [_message(name, _literals(name, call, place)) for name, call in calls]


def _literals(name: str, call: ast.Call, place: str) -> list[str]:
    wanted = 1 + name.startswith("n") + ("p" in name.removesuffix("gettext"))
    words = [arg.value for arg in call.args[:wanted] if isinstance(arg, ast.Constant)]
    if len(words) < wanted or not all(isinstance(word, str) for word in words):
        raise NotLiteral(f"{place}:{call.lineno}: {name} needs a literal sentence")
    return [str(word) for word in words]


def _message(name: str, words: list[str]) -> Message:
    """The message of a call of `name` with these literals."""
    match name:
        case "ngettext":
            return Message(words[0], plural=words[1])
        case "pgettext":
            return Message(words[1], context=words[0])
        case "npgettext":
            return Message(words[1], plural=words[2], context=words[0])
        case _:
            return Message(words[0])
