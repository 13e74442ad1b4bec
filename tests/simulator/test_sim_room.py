"""What is left on a node once pods have taken their room there."""

from typing import Any

from simulator.controllers.room import Room
from simulator.store.store import Store

NODE = {"metadata": {"name": "n"}, "status": {"allocatable": {"cpu": "2", "memory": "1Gi"}}}


def pod(uid: str, cpu: str, phase: str = "Running", node: str = "n") -> dict[str, Any]:
    container = {"name": "api", "resources": {"requests": {"cpu": cpu}}}
    return {"metadata": {"name": "api-0", "namespace": "x", "uid": uid}, "status": {"phase": phase},
            "spec": {"nodeName": node, "containers": [container]}}  # fmt: skip


def lacks(room: Room, cpu: str) -> list[str]:
    return room.lacks(pod("asking", cpu, node=""), NODE)


def test_what_a_pod_takes_is_there_again_when_it_goes() -> None:
    store = Store()
    room = Room(store)
    assert lacks(room, "2") == []
    assert lacks(room, "2001m") == ["cpu"]
    store.put("pods", pod("a", "1500m"))
    assert (lacks(room, "500m"), lacks(room, "501m")) == ([], ["cpu"])
    store.put("pods", pod("a", "1500m", phase="Succeeded"))
    assert lacks(room, "2") == []


def test_a_pod_put_in_the_place_of_another_does_not_take_room_twice() -> None:
    store = Store()
    room = Room(store)
    store.put("pods", pod("a", "2"))
    store.put("pods", pod("b", "1"))
    assert (lacks(room, "1"), lacks(room, "1001m")) == ([], ["cpu"])
    store.remove("pods", "x", "api-0")
    assert lacks(room, "2") == []
