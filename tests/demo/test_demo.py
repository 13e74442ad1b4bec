"""`make demo`, end to end: it comes up whole, comes back, and goes without a trace."""

import stat
from pathlib import Path

import httpx
import psutil
import pytest
import redis
import yaml

from orchestrator.embedded.stack import wait_until

DROVER = {"web", "worker-1", "worker-2", "emergency", "beat", "observer"}
NAMES = {"postgres", "valkey", "simulator", "users", *DROVER}
PRODS = ["a-1", "a-2", "b-1", "b-2", "c-1", "c-2"]
QUICK_S = 20


def prods(stack):
    """The Prods as the API shows them, by name."""
    with httpx.Client(trust_env=False, headers={"Authorization": f"Bearer {stack.demo['token']}"}) as client:
        answer = client.get(f"{stack.url}/api/v1/prods/").raise_for_status().json()
    return {prod["name"]: prod for prod in answer["results"]}


def family(stack):
    """Every process that the demo has started, and its own."""
    supervisor = psutil.Process(stack.supervisor)
    return [supervisor, *supervisor.children(recursive=True)]


def test_every_process_runs_and_none_had_to_be_started_twice(stack):
    assert {name for name, now in stack.processes.items() if now.running} == NAMES
    assert {name for name, now in stack.processes.items() if now.restarts} == set()


def test_demo_json_says_how_to_get_in(stack):
    demo = stack.demo
    assert demo["url"] == stack.url
    assert set(demo["logins"]) == {"viewer", "on-call", "release-manager", "admin"}
    assert httpx.get(demo["simulator"], trust_env=False).status_code < 500
    assert Path(demo["kubeconfig"]).is_absolute()


def test_all_six_prods_are_in_service_at_the_first_version(stack):
    found = prods(stack)
    assert sorted(found) == PRODS
    assert {(prod["version"], prod["lifecycle"]) for prod in found.values()} == {("v1.0.0", "in-service")}


def test_every_login_works(stack):
    for login in stack.demo["logins"].values():
        with httpx.Client(trust_env=False, base_url=stack.url) as browser:
            browser.get("/login/").raise_for_status()
            form = {**login, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
            answer = browser.post("/login/", data=form, headers={"Referer": stack.url})
            assert answer.status_code == 302, login["username"]
            assert browser.get("/").status_code == 200


def test_it_is_ready_by_its_own_account(stack):
    answer = httpx.get(f"{stack.url}/readyz", trust_env=False)
    assert answer.status_code == 200, answer.text


def test_secrets_are_for_their_owner_only(stack):
    layout = stack.layout
    private = [layout.demo, layout.kubeconfig, *layout.secrets.iterdir(), layout.valkey / "valkey.conf"]
    assert {path.name: stat.S_IMODE(path.stat().st_mode) & 0o077 for path in private} == {
        path.name: 0 for path in private
    }
    assert layout.secrets.stat().st_mode & 0o077 == 0


def test_the_kubeconfig_has_a_context_per_cluster(stack):
    kubeconfig = yaml.safe_load(stack.layout.kubeconfig.read_text())
    assert [context["name"] for context in kubeconfig["contexts"]] == ["a", "b", "c", "edge-1", "edge-2"]


def test_no_secret_is_in_the_logs_or_the_list_of_processes(stack):
    secrets = [path.read_text().strip() for path in stack.layout.secrets.iterdir()]
    said = [path.read_text(errors="replace") for path in stack.layout.logs.iterdir()]
    said += [" ".join(process.cmdline()) for process in family(stack)]
    assert [secret[:4] for secret in secrets if any(secret in text for text in said)] == []


def test_everything_listens_on_the_loopback_address_only(stack):
    listening = [
        connection.laddr.ip
        for process in family(stack)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert set(listening) == {"127.0.0.1"}


@pytest.mark.parametrize("name", ["valkey", "worker-1", "emergency", "beat", "observer", "web", "postgres"])
def test_a_killed_process_comes_back_by_itself(stack, name):
    stack.restart(name)
    wait_until(lambda: answers(stack), QUICK_S, f"everything answers again without {name}")


def answers(stack):
    """Whether every part answers; for /readyz itself the database decides."""
    try:
        answer = httpx.get(f"{stack.url}/readyz", trust_env=False, timeout=5)
    except httpx.HTTPError:
        return False
    return answer.status_code == 200 and set(answer.json()["checks"].values()) == {"ok"}


def test_messages_are_worked_off_after_the_broker_was_killed_again_and_again(stack):
    for _ in range(3):
        stack.restart("valkey")
    wait_until(lambda: answers(stack), QUICK_S, "the broker answers")
    send = "from releases.tasks import advance as a; [a.apply_async((0,), queue=q) for q in %r]"
    stack.manage("shell", "--no-imports", "--command", send % (["default", "emergency"],))
    with redis.Redis.from_url(stack.broker) as broker:
        for queue in ("default", "emergency"):
            wait_until(lambda queue=queue: broker.llen(queue) == 0, QUICK_S, f"{queue} is worked off")


def test_a_held_process_stays_down_until_it_is_released(stack):
    stack.hold("valkey")
    assert not answers(stack)
    stack.release("valkey")
    wait_until(lambda: answers(stack), QUICK_S, "the broker is back")


def test_a_second_demo_on_the_same_folder_is_refused(stack):
    answer = stack.run_again()
    assert answer.returncode == 1
    assert "already runs" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
