"""Homes for new Routes: the roomiest Prods, in as many failure domains as asked."""

from heapq import heapify, heapreplace

from journal.core.reasons import Reason, because

from .ground import Entry, Ground, Need, why_none


class Homes:
    """What is free while Routes are being placed. Room only shrinks."""

    def __init__(self, ground: Ground, among: frozenset[str]) -> None:
        """`among`: only these Prods (none: all)."""
        self.taken: dict[str, int] = {}
        self._ground, self._among = ground, among
        self._heaps: dict[Need, dict[str, list[Entry]]] = {}

    def room(self, prod: str) -> int:
        """What is free of `prod` now."""
        return self._ground.rooms[prod] - self.taken.get(prod, 0)

    def take(self, prods: tuple[str, ...], load: int) -> None:
        """Each of `prods` commits `load` more."""
        for prod in prods:
            self.taken[prod] = self.taken.get(prod, 0) + load

    def fitting(self, need: Need) -> list[Entry]:
        """The Prods that a Route with `need` may have as its home: on no vetoed Version, nor where nobody new is taken."""
        places, among = self._ground.places, self._among
        return [
            entry
            for entry in self._ground.meeting(need)
            if places[entry[1]].open and not places[entry[1]].vetoed and (not among or entry[1] in among)
        ]

    def find(self, need: Need, load: int, domains: int) -> tuple[str, ...] | Reason:
        """`domains` Prods with room for `load`, each in a failure domain of its own, sorted: the roomiest, ties
        by name. Nothing is taken yet."""
        heaps = self._by_domain(need)
        tops = sorted(self._top(heap) for heap in heaps.values())
        if not tops:
            return self._none(need)
        if len(tops) < domains:
            return because("one-domain-only", domain=min(heaps))
        worst = tops[domains - 1]
        if -worst[0] < load:
            return because("no-room", load=load, most=max(0, -worst[0]))
        return tuple(sorted(prod for _, prod in tops[:domains]))

    def _none(self, need: Need) -> Reason:
        met = self._ground.meeting(need)
        if not met:
            return why_none(self._ground, need)
        if not any(self._ground.places[prod].open for _, prod in met):
            return because("only-closed-clusters")
        return because("none-of-those-asked" if self._among else "only-vetoed-versions")

    def _by_domain(self, need: Need) -> dict[str, list[Entry]]:
        if need not in self._heaps:
            heaps: dict[str, list[Entry]] = {}
            for entry in self.fitting(need):
                heaps.setdefault(self._ground.places[entry[1]].domain, []).append(entry)
            for heap in heaps.values():
                heapify(heap)
            self._heaps[need] = heaps
        return self._heaps[need]

    def _top(self, heap: list[Entry]) -> Entry:
        while -heap[0][0] != self.room(heap[0][1]):
            heapreplace(heap, (-self.room(heap[0][1]), heap[0][1]))
        return heap[0]
