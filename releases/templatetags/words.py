"""`<body data-words="{% script_words %}">`: what the scripts say, for `static/js/words.js`."""

import json

from django import template
from django.utils.translation import gettext_lazy as _

from releases.durations import UNITS

register = template.Library()

SCRIPT_WORDS = {
    **UNITS,
    "ago": _("%(time)s ago"),
    "left": _("%(time)s left"),
    "opening": _("Connecting"),
    "live": _("Live · %(age)s ago"),
    "stale": _("Stale · no news for %(age)s"),
    "stale-note": _(
        "This page may be out of date: nothing has been heard for %(age)s. It keeps trying. "
        "Runs go on without it."
    ),
    "out": _("Signed out"),
    "out-note": _("You are signed out, so this page no longer changes."),
    "login": _("Log in again"),
}


@register.simple_tag
def script_words() -> str:
    """The words as JSON, in the language of the page; the template escapes them for an attribute."""
    return json.dumps({key: str(word) for key, word in SCRIPT_WORDS.items()}, ensure_ascii=False)
