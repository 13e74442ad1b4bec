"""However it ends, nothing is left behind; however it ended, it comes back with its data."""

import signal
import time

import httpx
import psutil
import pytest

from orchestrator.embedded.layout import is_free
from orchestrator.embedded.stack import Stack

SOON_S = 10
# Ready "within seconds", on the slowest machine that runs these tests.
QUICK_S = 30


def family(stack):
    supervisor = psutil.Process(stack.supervisor)
    return [supervisor, *supervisor.children(recursive=True)]


def assert_all_gone(stack, processes):
    _, left = psutil.wait_procs(processes, timeout=SOON_S)
    assert [process.cmdline() for process in left] == []
    assert is_free(stack.port)


def prods(stack):
    headers = {"Authorization": f"Bearer {stack.demo['token']}"}
    answer = httpx.get(f"{stack.url}/api/v1/prods/", headers=headers, trust_env=False)
    return {prod["name"]: prod["version"] for prod in answer.raise_for_status().json()["results"]}


def end(stack, how):
    """Ends the supervisor; the exit code, or None for one that could not say."""
    if how != signal.SIGKILL:
        return stack.stop(how)
    psutil.Process(stack.supervisor).kill()
    stack.stop()
    return None


def test_three_ways_to_end_it_and_to_start_it_again():
    with Stack.started(pod_start="0.1-0.4") as stack:
        before = (stack.demo, prods(stack))
        for how, code in ((signal.SIGTERM, 0), (signal.SIGKILL, None), (signal.SIGINT, 0)):
            everybody = family(stack)
            assert len(everybody) > len(stack.processes)
            assert end(stack, how) == code, how
            assert_all_gone(stack, everybody)
            began = time.monotonic()
            stack.start()
            assert time.monotonic() - began < QUICK_S
            assert (stack.demo, prods(stack)) == before, how


@pytest.mark.parametrize("after_s", [0.3, 2.0])
def test_it_can_be_ended_while_it_starts(after_s, tmp_path):
    stack = Stack(tmp_path / "var", ["--fast"], {})
    stack.launch()
    time.sleep(after_s)
    everybody = family(stack)
    assert stack.stop(signal.SIGTERM) in (0, -signal.SIGTERM)
    assert_all_gone(stack, everybody)
