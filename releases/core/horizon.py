"""The rollback horizon: until where there is somebody to go back to."""

from journal.core.reasons import because

from .facts import ProdFacts
from .partners import is_well
from .plan import Horizon, Wave


def find_horizon(waves: tuple[Wave, ...], prods: tuple[ProdFacts, ...], version: str) -> Horizon | None:
    """The wave after whose start no Prod of `prods` is left that could serve on what it came from.

    Test Prods serve no users, so they do not count; nor does a Prod that is on `version` already or was
    never built. A Prod that the plan leaves alone (excluded, held) counts if it is well now, and so does one that
    only hands its users over. None: there is somebody to the end, or there never was.
    """
    planned = {name for wave in waves for name in _changed(wave, version)}
    good = {prod.name for prod in prods if _is_good(prod, version, prod.name in planned)}
    if not good:
        return None
    for number, wave in enumerate(waves, start=1):
        good -= _changed(wave, version)
        if not good:
            return Horizon(number, because("nobody-on-old-version", wave=number, version=version))
    return None


def _is_good(prod: ProdFacts, version: str, planned: bool) -> bool:
    old = prod.came_from.version not in ("", version)
    return old and prod.role != "test" and (planned or is_well(prod))


def _changed(wave: Wave, version: str) -> set[str]:
    return {prod.name for prod in wave.prods if prod.held is None and prod.version == version}
