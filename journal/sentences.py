"""Reasons as sentences in the reader's language: the one place where codes become words.

Each app's `sentences.py` holds `SENTENCES`, a dict of code -> sentence with `%(param)s` in it, and may hold `ONE`, a
dict of code -> (the parameter that counts, the sentence where that is 1); its
`marks.py` may hold `WORDS`, a dict of parameter -> value -> how people say it.
"""

from functools import cache
from importlib import import_module
from itertools import pairwise
from typing import Any

from django.apps import apps
from django.utils.functional import Promise
from django.utils.module_loading import module_has_submodule
from django.utils.translation import gettext, ngettext

from .core.reasons import NESTED, Param, Reason, reason_to_json


def sentence(reason: Reason | None) -> str:
    """The sentence of `reason`; empty for None. An unknown code is shown with its parameters.

    `%(why)s` stands for the sentence of the code in the parameter `why`, told with the same parameters.
    """
    if reason is None:
        return ""
    params = {name: _word(name, value) for name, value in reason.params}
    why = str(params.get("why", ""))
    if why in _known() and why != reason.code:
        params["why"] = sentence(Reason(why, _inner(reason)))
    try:
        return _translated(reason) % params
    except (KeyError, TypeError, ValueError):
        return _bare(reason)


def _translated(reason: Reason) -> str:
    many = _known()[reason.code]
    counted, one = _ones().get(reason.code, ("", ""))
    number = dict(reason.params).get(counted)
    return ngettext(one, many, number) if isinstance(number, int) else gettext(many)


def reason_json(reason: Reason) -> dict[str, Any]:
    """`{"code", "params", "text"}`: how the API shows a Reason."""
    return {**reason_to_json(reason), "text": sentence(reason)}


def _inner(reason: Reason) -> tuple[tuple[str, Param], ...]:
    """The parameters of the Reason that `why` names: ours, with those in `NESTED` each one further out."""
    outer = {inner: name for name, inner in pairwise(NESTED)}
    return tuple(sorted((outer.get(name, name), value) for name, value in reason.params if name != NESTED[0]))


def _bare(reason: Reason) -> str:
    told = ", ".join(f"{name} {value}" for name, value in reason.params)
    return f"{reason.code} ({told})" if told else reason.code


def _word(name: str, value: Param) -> Param:
    """`value` of the parameter `name` as people say it."""
    return str(_words().get(name, {}).get(value, value)) if isinstance(value, str) else value


@cache
def _words() -> dict[str, dict[str, str | Promise]]:
    words: dict[str, dict[str, str | Promise]] = {}
    for app in apps.get_app_configs():
        if module_has_submodule(app.module, "marks"):
            words |= import_module(f"{app.name}.marks").WORDS
    return words


@cache
def _known() -> dict[str, str]:
    return {code: text for module in _modules() for code, text in module.SENTENCES.items()}


@cache
def _ones() -> dict[str, tuple[str, str]]:
    return {code: one for module in _modules() for code, one in getattr(module, "ONE", {}).items()}


def _modules() -> list[Any]:
    """The `sentences` of every app that has some."""
    return [
        import_module(f"{app.name}.sentences")
        for app in apps.get_app_configs()
        if module_has_submodule(app.module, "sentences") and app.name != "journal"
    ]
