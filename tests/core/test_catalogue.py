"""The catalogue holds what the code says: all of it, nothing else, and with the same blanks to fill."""

import gettext
import io
import re
from collections import Counter
from pathlib import Path

import pytest

from orchestrator.language.files import Unreadable, compiled, read_po, write_po
from orchestrator.language.found import Message, NotLiteral, all_messages, in_python, in_template

ROOT = Path(__file__).resolve().parents[2]
PO = ROOT / "locale/ja/LC_MESSAGES/django.po"
AGAIN = "run `make messages`, translate what it lists in locale/ja, and run it once more"
BLANK = re.compile(r"%\(\w+\)s|%s|%%|</?\w+[^>]*>")
HAN_OR_KANA = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def found() -> dict[Message, list[str]]:
    return all_messages(ROOT)


@pytest.fixture(scope="module")
def known() -> dict[Message, str]:
    return read_po(PO.read_text())[1]


def test_every_sentence_is_translated(found: dict[Message, list[str]], known: dict[Message, str]) -> None:
    missing = [
        f"{places[0]}: {message.text!r}" for message, places in found.items() if not known.get(message)
    ]
    assert not missing, f"{AGAIN}:\n" + "\n".join(missing)


def test_nothing_is_kept_that_the_code_no_longer_says(
    found: dict[Message, list[str]], known: dict[Message, str]
) -> None:
    assert [message.text for message in known if message not in found] == [], AGAIN


def test_every_translation_has_the_same_blanks(known: dict[Message, str]) -> None:
    """A blank that is missing hides a fact; one too many, or a bare %, breaks the sentence."""
    wrong = [message.text for message, said in known.items() if said and blanks(said) != wanted(message)]
    assert wrong == []


def wanted(message: Message) -> Counter[str]:
    """Those of the plural where there is one: Japanese has a single form."""
    return blanks(message.plural or message.text)


def blanks(text: str) -> Counter[str]:
    return Counter(BLANK.findall(text))


def test_every_translation_is_japanese(known: dict[Message, str]) -> None:
    """What stays as it is are names and codes, without a sentence in it."""
    copied = {message.text for message, said in known.items() if said and not HAN_OR_KANA.search(said)}
    assert [text for text in copied if len(re.findall(r"[a-z]{2,}", BLANK.sub("", text))) > 2] == []


def test_the_file_is_what_make_messages_writes(found: dict[Message, list[str]]) -> None:
    head, known = read_po(PO.read_text())
    assert write_po(head, found, known) == PO.read_text(), AGAIN


def test_the_compiled_catalogue_is_that_of_the_file() -> None:
    assert PO.with_suffix(".mo").read_bytes() == compiled(PO.read_text()), AGAIN


def test_gettext_reads_what_is_compiled(known: dict[Message, str]) -> None:
    read = gettext.GNUTranslations(io.BytesIO(compiled(PO.read_text())))
    for message, said in known.items():
        if message.plural and said:
            assert read.ngettext(message.text, message.plural, 2) == said
        elif said and not message.context:
            assert read.gettext(message.text) == said


TEMPLATES = [
    ('{% translate "Log in" %}', [Message("Log in")]),
    ("{% translate 'Log in' as words %}", [Message("Log in")]),
    ('{% include "x.html" with words=_("Log in") %}', [Message("Log in")]),
    ('{% translate "May" context "month" %}', [Message("May", context="month")]),
    (
        "{% blocktranslate with a=b %}{{ a }} is 5 % off{% endblocktranslate %}",
        [Message("%(a)s is 5 %% off")],
    ),
    ("{% blocktranslate trimmed %}\n  two\n  lines\n{% endblocktranslate %}", [Message("two lines")]),
    (
        "{% blocktranslate count n=n %}{{ n }} Prod{% plural %}{{ n }} Prods{% endblocktranslate %}",
        [Message("%(n)s Prod", plural="%(n)s Prods")],
    ),
    ("<p>no words of ours {{ page.name }}</p>", []),
]


@pytest.mark.parametrize(("source", "messages"), TEMPLATES, ids=[source[:40] for source, _ in TEMPLATES])
def test_templates_are_read(source: str, messages: list[Message]) -> None:
    assert in_template("{% load i18n %}" + source) == messages


# What is the same in every language.
NAMES = {"Drover", "Kubernetes", "UTC", "GiB", "ms", "Gateway", "API", "HAProxy", "ExternalDNS"}
TRANSLATED = re.compile(r"{% blocktranslate.*?{% endblocktranslate %}|{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)
CODE = re.compile(r'<(code|pre|kbd)\b.*?</\1>|<!doctype[^>]*>|\bdata-[\w-]+="[^"]*"', re.DOTALL)
READ_OUT = re.compile(r'\b(?:aria-label|title|placeholder|alt)="([^"]*)"')


def test_no_template_says_anything_untranslated() -> None:
    said = {}
    for path in sorted((ROOT / "templates").rglob("*.html")):
        source = CODE.sub(" ", TRANSLATED.sub(" ", path.read_text()))
        texts = [*READ_OUT.findall(source), re.sub(r"<[^>]*>", " ", source)]
        words = {word for text in texts for word in re.findall(r"[A-Za-z]{2,}", text)} - NAMES
        said |= {path.name: words} if words else {}
    assert said == {}


IMPORTED = "from django.utils.translation import gettext_lazy as _, ngettext, pgettext\n"
PROGRAMS = [
    ('_("one")', [Message("one")]),
    ('_("one " "sentence")', [Message("one sentence")]),
    ('ngettext("a Prod", "%s Prods", n)', [Message("a Prod", plural="%s Prods")]),
    ('pgettext("month", "May")', [Message("May", context="month")]),
]


@pytest.mark.parametrize(("source", "messages"), PROGRAMS, ids=[source for source, _ in PROGRAMS])
def test_programs_are_read(source: str, messages: list[Message]) -> None:
    assert in_python(IMPORTED + source) == messages


@pytest.mark.parametrize("source", ['_(f"{name} is late")', "_(words)", '_("a" + name)'])
def test_a_sentence_put_together_before_its_translation_is_refused(source: str) -> None:
    with pytest.raises(NotLiteral, match=r"shop\.py:2"):
        in_python(IMPORTED + source, "shop.py")


@pytest.mark.parametrize("entry", ['#, fuzzy\nmsgid "a"\nmsgstr "b"', "#~ gone\nmsgid broken"])
def test_an_entry_that_nobody_has_checked_is_refused(entry: str) -> None:
    with pytest.raises(Unreadable):
        read_po(f'msgid ""\nmsgstr ""\n\n#: a.py\n{entry}\n')
