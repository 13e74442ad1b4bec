"""Words and marks: every state has one, every Reason is a sentence, times read well."""

import re
from datetime import timedelta
from importlib import import_module

import pytest

from clusters.models import Cluster, Prod
from journal.core.reasons import because, within
from journal.sentences import sentence
from releases.core.kinds import KINDS
from releases.core.states import RunState, StepState
from releases.marks import CLUSTER_MARKS, LIFECYCLE_MARKS, RUN_MARKS, STEP_DOING, STEP_MARKS, STEP_NAMES
from releases.queries.shares import percent_words
from releases.templatetags.times import duration

TONES = {"good", "busy", "wait", "bad", "idle", "unknown"}


@pytest.mark.parametrize(
    ("table", "states"),
    [
        (RUN_MARKS, RunState),
        (STEP_MARKS, StepState),
        (CLUSTER_MARKS, Cluster.Health),
        (LIFECYCLE_MARKS, Prod.Lifecycle),
    ],
    ids=["runs", "steps", "clusters", "prods"],
)
def test_every_state_has_a_mark_with_a_word_a_drawing_and_a_tone(table, states) -> None:  # type: ignore[no-untyped-def]
    assert set(table) == set(states)
    for mark in table.values():
        assert mark.word
        assert mark.icon
        assert mark.tone in TONES


def test_every_step_kind_has_its_words() -> None:
    assert set(STEP_NAMES) == set(STEP_DOING) == set(KINDS)


SENTENCES = [
    (because("run-not-paused", state="running"), "The run is running: only a paused one is resumed."),
    (because("never-heard-of", prod="a-1"), "never-heard-of (prod a-1)"),
    (because("few-users", load=20), "few-users (load 20)"),
    (because("waits-for-wave", wave=3), "Waits until wave 3 is done."),
    (because("restored", routes=1), "Serves again: 1 Route."),
    (because("restored", routes=2), "Serves again: 2 Routes."),
    (because("restored", routes=0), "Serves again: 0 Routes."),
    (because("restored"), "restored"),
]


@pytest.mark.parametrize(
    ("reason", "said"),
    SENTENCES,
    ids=["known", "unknown", "parameter missing", "number", "one", "two", "none", "nothing counted"],
)
def test_a_reason_is_a_sentence_or_shows_its_code(reason, said) -> None:  # type: ignore[no-untyped-def]
    assert sentence(reason) == said


@pytest.mark.parametrize("app", ["releases", "traffic", "clusters"])
def test_what_is_said_of_one_has_no_other_blanks_than_what_is_said_of_many(app: str) -> None:
    module = import_module(f"{app}.sentences")
    blanks = re.compile(r"%\((\w+)\)s")
    for code, (counted, one) in module.ONE.items():
        assert {counted} <= set(blanks.findall(one)) <= set(blanks.findall(module.SENTENCES[code])), code


# What sentences name; everything else that they tell may be a number. LIMITS are never 1.
NAMED = {"prod", "tenant", "pod", "route", "router", "cluster", "kind", "name", "by", "version", "run"}
NAMED |= {
    "namespace",
    "component",
    "redundancy",
    "manager",
    "managers",
    "token",
    "hostname",
    "label",
    "blueprint",
}
NAMED |= {"wave", "line", "hold"}  # by number
LIMITS = {"most", "limit", "least"}
VERBS = {"carries", "comes", "runs", "shows", "takes"}
# Constants beyond 1: Drover's own limits, and two contexts at least to choose from.
NEVER_ONE = {"writes-by-hostnames", "cluster-busy", "answer-endless", "too-many-objects", "context-needed"}
NEVER_ONE |= {"too-many-look-dead", "self-heal-stopped"}  # of three clusters at least; the third time
NEVER_ONE |= {"roomiest-in-domains"}  # of two Prods at least
ONE_OF_MANY = re.compile(r"\b1 (?:new |more |free )?(?:([a-z]{3,}s)|are|were|have|stay|serve)\b", re.I)


def told_of_one(code: str, text: str) -> str:
    """The sentence where all that it counts is 1."""
    blanks = set(re.findall(r"%\((\w+)\)s", text))
    return sentence(
        because(code, **{one: "x" if one in NAMED else 2 if one in LIMITS else 1 for one in blanks})
    )


@pytest.mark.parametrize("app", ["releases", "traffic", "clusters", "access"])
def test_what_counts_one_says_it_as_one(app: str) -> None:
    known = import_module(f"{app}.sentences").SENTENCES
    told = {code: told_of_one(code, text) for code, text in known.items() if code not in NEVER_ONE}
    found = {
        code: said for code, said in told.items() for one in ONE_OF_MANY.finditer(said) if one[1] not in VERBS
    }
    assert found == {}


def test_a_reason_inside_a_reason_is_told_too() -> None:
    told = sentence(because("step-failed", prod="a-1", step="wait_ready", why="step-aborted"))
    assert told == "a-1 failed at Wait until ready: The step was given up."


def test_a_reason_three_deep_in_a_reason_is_told_to_the_end() -> None:
    missing = because("router-drop-object", kind="Service", name="m-a-1")
    behind = within(
        "router-behind", within("replacement-not-there", missing), router="edge-1", behind=1, of=2
    )
    assert sentence(within("step-failed", behind, prod="a-1", step="drain")) == (
        "a-1 failed at Drain: 1 of 2 routers do not show the new weights, edge-1 first: "
        "Nothing is taken away yet, since what replaces it is not there: Delete Service m-a-1."
    )


def test_no_reason_is_no_words() -> None:
    assert sentence(None) == ""


TIMES = [
    (timedelta(seconds=0.04), "0.0 s"),
    (3.14, "3.1 s"),
    (42, "42 s"),
    (130, "2 min 10 s"),
    (7200, "2 h"),
    (90061, "1 d 1 h"),
    (None, ""),
]


@pytest.mark.parametrize(("value", "words"), TIMES, ids=[words or "none" for _, words in TIMES])
def test_lengths_of_time(value, words) -> None:  # type: ignore[no-untyped-def]
    assert duration(value) == words


SHARES = [(0, "0 %"), (0.27, "0.3 %"), (0.01, "0.1 %"), (28.7, "29 %"), (99.95, "99.9 %"), (100, "100 %")]


@pytest.mark.parametrize(("percent", "words"), SHARES, ids=[words for _, words in SHARES])
def test_a_share_is_never_rounded_to_none_or_all(percent: float, words: str) -> None:
    assert percent_words(percent) == words
