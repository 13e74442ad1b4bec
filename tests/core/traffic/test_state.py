"""The state file: a State comes back as it was, and what was not written by this Drover, whole, is refused."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given

from journal.core.reasons import Refused
from tests.core.traffic.fleets import fleets
from tests.core.traffic.world import example
from traffic.core.facts import TrafficFacts
from traffic.core.sealing import seal, unseal
from traffic.core.state import InstanceState, State, state_from_json, state_to_json

SECRET, OTHER = "s" * 60, "t" * 60
NOW = datetime(2026, 7, 1, 3, 0, 5, 123456, tzinfo=UTC)
HAPROXY = InstanceState(
    "proxy", "haproxy", "tokyo", {"address": "unix:/run/haproxy.sock", "routes": 5}, "a2V5"
)


def state(facts: TrafficFacts) -> State:
    epochs = {route.name: 2**40 + n for n, route in enumerate(facts.routes)}
    addresses = {place.name: ("10.0.0.1", 80) for place in facts.places[:-1]}
    came_from = {place.name: "v0" for place in facts.places[1:]}
    return State(NOW, facts, epochs, addresses, came_from, (HAPROXY,))


@given(facts=fleets())
def test_a_state_comes_back_as_it_was(facts: TrafficFacts) -> None:
    told = state(facts)
    assert state_from_json(unseal(seal(state_to_json(told), SECRET), SECRET)) == told


WHOLE = seal(b'{"a": 1}', SECRET)
# What was done to the file, and what is said of it.
SPOILT: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "another kind of file": (lambda _: b'{"a": 1}', "state-file-foreign"),
    "an empty file": (lambda _: b"", "state-file-foreign"),
    "the end is missing": (lambda whole: whole[:-1], "state-file-truncated"),
    "only half of the first line": (lambda whole: whole[:30], "state-file-truncated"),
    "a letter is another": (lambda whole: whole.replace(b"1}", b"2}"), "state-file-tampered"),
    "something was added": (lambda whole: whole + b" ", "state-file-tampered"),
    "another length": (lambda whole: whole.replace(b" 8 ", b" 7 "), "state-file-tampered"),
    "no signature": (lambda whole: whole[:40] + b"\n{}", "state-file-truncated"),
    "the seal of another key": (lambda _: seal(b'{"a": 1}', OTHER), "state-file-of-another-key"),
    "the name of our key on another's seal": (
        lambda whole: b" ".join([*whole.split(b" ")[:3], *seal(b'{"a": 1}', OTHER).split(b" ")[3:]]),
        "state-file-tampered",
    ),
    "a format of later": (lambda whole: whole.replace(b"-state 1 ", b"-state 2 "), "state-file-newer"),
}


@pytest.mark.parametrize(("spoil", "code"), SPOILT.values(), ids=SPOILT.keys())
def test_what_is_not_whole_and_ours_is_refused_by_name(spoil: Callable[[bytes], bytes], code: str) -> None:
    assert unseal(WHOLE, SECRET) == b'{"a": 1}'
    with pytest.raises(Refused) as refused:
        unseal(spoil(WHOLE), SECRET)
    assert [reason.code for reason in refused.value.reasons] == [code]


def test_what_a_newer_drover_knows_is_not_left_out_silently() -> None:
    told = state_to_json(state(example())).replace(b'"serving"', b'"serves_on_sundays"')
    with pytest.raises(Refused) as refused:
        state_from_json(told)
    assert refused.value.reasons[0].code == "state-file-unknown-field"


def test_the_secret_key_is_not_in_the_file() -> None:
    assert SECRET.encode() not in WHOLE
