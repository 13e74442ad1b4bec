"""The tile of a Prod, drawn once for all who look at it."""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from releases.queries.tiles import ProdTile

register = template.Library()
KEPT = 4096  # drawn tiles, about 1 kB each


@register.simple_tag
def tile(prod: ProdTile) -> SafeString:
    """`_tile.html` for `prod`. On a wall of a thousand few have changed since the last look, and drawing is most of
    its cost; but one that says how long it has been so is drawn anew."""
    tells_age = prod.since is not None or (prod.demand is not None and prod.demand.is_old)
    return _drawn(prod) if tells_age else _kept(prod, get_language() or "")


@lru_cache(maxsize=KEPT)
def _kept(prod: ProdTile, language: str) -> SafeString:
    return _drawn(prod)


def _drawn(prod: ProdTile) -> SafeString:
    return render_to_string("releases/_tile.html", {"prod": prod})
