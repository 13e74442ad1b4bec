"""Looking for a Prod with room, many times over, each find taking its part of the room."""

from collections.abc import Callable, Collection
from heapq import heappush, heapreplace

from journal.core.reasons import Reason, because

from .facts import Place
from .ground import MISFITS, Entry, Ground, Need, misfit, why_none

# Which Prods to try first: 0 before 1 and so on, None: not at all.
Tier = Callable[[Place], int | None]
TIERS = 8


class _Lane:
    """How far the Prods that meet one Need have been looked at; those seen stand in a heap per tier."""

    __slots__ = ("entries", "heaps", "seen", "why")

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self.seen = 0
        self.why: Reason | None = None
        self.heaps: list[list[Entry]] = [[] for _ in range(TIERS)]


class Seeker:
    """Gives each load in turn to the Prod with most room after it, ties by name, in the first tier where one
    has enough. Room only shrinks while it seeks, and only Prods that come into question are looked at, so a
    search costs little however large the fleet is."""

    def __init__(self, ground: Ground, tier: Tier, nowhere: str) -> None:
        """`nowhere`: the code of the Reason where Prods would fit, but `tier` allows none of them."""
        self.taken: dict[str, int] = {}
        self._ground, self._tier, self._nowhere = ground, tier, nowhere
        self._lanes: dict[Need, _Lane] = {}

    def room(self, prod: str) -> int:
        """What is free of `prod` now."""
        return self._ground.rooms[prod] - self.taken.get(prod, 0)

    def take(self, need: Need, load: int, promised: Collection[str] = ()) -> str | Reason:
        """The Prod that `load` goes to; its room is smaller from now on, unless it is one of `promised`, which have
        promised to carry it already. Or why there is none."""
        lane = self._lane(need)
        for heap in lane.heaps:
            self._look_for(lane, heap, load)
            if heap and -heap[0][0] >= load:
                prod = heap[0][1]
                self.taken[prod] = self.taken.get(prod, 0) + (0 if prod in promised else load)
                return prod
        return self._why_not(lane, need, load)

    def _lane(self, need: Need) -> _Lane:
        if need not in self._lanes:
            self._lanes[need] = _Lane(self._ground.meeting(need))
        return self._lanes[need]

    def _look_for(self, lane: _Lane, heap: list[Entry], load: int) -> None:
        """Until the first of `heap` has most room of its tier, or nobody unseen has enough."""
        self._settle(heap)
        while lane.seen < len(lane.entries):
            entry = lane.entries[lane.seen]
            if -entry[0] < load or (heap and heap[0] <= entry):
                return
            self._see(lane, entry)
            self._settle(heap)

    def _see(self, lane: _Lane, entry: Entry) -> None:
        lane.seen += 1
        tier = self._tier(self._ground.places[entry[1]])
        if tier is not None:
            heappush(lane.heaps[tier], entry)

    def _settle(self, heap: list[Entry]) -> None:
        """Makes the first of `heap` true: what was taken since it was put there counts."""
        while heap and -heap[0][0] != self.room(heap[0][1]):
            heapreplace(heap, (-self.room(heap[0][1]), heap[0][1]))

    def _why_not(self, lane: _Lane, need: Need, load: int) -> Reason:
        while lane.seen < len(lane.entries):
            most = self._most(lane)
            if most is not None and most >= -lane.entries[lane.seen][0]:
                break
            self._see(lane, lane.entries[lane.seen])
        most = self._most(lane)
        if most is not None:
            return because("no-room", load=load, most=max(0, most))
        if lane.why is None:
            lane.why = self._why_none(need)
        return lane.why

    def _why_none(self, need: Need) -> Reason:
        """What those fail at that `tier` allows; where it allows none of the kind, but some are there, that."""
        places = self._ground.places.values()
        why = why_none(self._ground, need, (place for place in places if self._tier(place) is not None))
        none_allowed = why.code == MISFITS[0] and any(misfit(p, need) != MISFITS[0] for p in places)
        return because(self._nowhere) if none_allowed else why

    def _most(self, lane: _Lane) -> int | None:
        for heap in lane.heaps:
            self._settle(heap)
        return max((-heap[0][0] for heap in lane.heaps if heap), default=None)
