"""What docs/deploying.md and docs/configuration.md tell, against what there is."""

import re

import pytest
import yaml
from django.core.management import get_commands

from . import offers
from .composed import load_compose
from .manifests import FOLDER, load_base, of_kind, processes, workloads

MANUAL = (offers.ROOT / "docs/deploying.md").read_text()


@pytest.mark.parametrize("name", sorted(offers.variables()))
def test_every_variable_is_in_the_table_of_settings(name: str) -> None:
    assert f"| `{name}` |" in (offers.ROOT / "docs/configuration.md").read_text()


def test_every_management_command_of_the_manual_is_one_that_there_is() -> None:
    named = set(re.findall(r"manage\.py ([a-z_]+)", MANUAL))
    assert "create_admin" in named
    assert named <= set(get_commands())


def test_the_numbers_of_connections_are_those_of_the_manifests() -> None:
    replicas = {name: one["spec"].get("replicas", 0) for name, one in workloads(load_base()).items()}
    pools = {name: int(one.env["DROVER_DATABASE_POOL"]) for name, one in processes(load_base()).items()}
    together = sum(replicas[name] * pools[name] for name in replicas)
    assert f"= {together}" in MANUAL
    (most,) = [
        word for word in load_compose()["services"]["postgres"]["command"] if "max_connections" in word
    ]
    assert together < int(most.split("=")[1])


def test_the_table_of_processes_has_all_of_them() -> None:
    told = re.findall(r"^\| ([a-z-]+) \| (\d|once)", MANUAL, re.MULTILINE)
    replicas = {name: one["spec"].get("replicas", "once") for name, one in workloads(load_base()).items()}
    assert dict(told) == {name: str(count) for name, count in replicas.items()}


def test_the_manual_names_the_keys_of_the_secret_and_the_label_of_the_proxy() -> None:
    keys = yaml.safe_load((FOLDER / "secret.example.yaml").read_text())["stringData"]
    assert [key for key in keys if f"--from-file={key}" not in MANUAL] == []
    (proxy,) = [one for one in of_kind(load_base(), "NetworkPolicy") if one["spec"].get("ingress")]
    ((key, value),) = proxy["spec"]["ingress"][0]["from"][0]["namespaceSelector"]["matchLabels"].items()
    assert f"{key}={value}" in MANUAL


@pytest.mark.parametrize("command", re.findall(r"exec (?:-T )?(?:-it )?(\S+) (?:-- )?(\w+)", MANUAL))
def test_commands_inside_containers_name_a_service_that_is_there(command: tuple[str, str]) -> None:
    there = {*load_compose()["services"], *(f"deploy/drover-{name}" for name in workloads(load_base()))}
    assert command[0] in there
