"""`manage.py apply -f prod.yaml`: makes and builds, or names what is wrong and changes nothing."""

from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command

from clusters.models import Cluster, Prod
from releases.models import Claim, Run
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fleet(db: None) -> None:
    build.fleet()


def apply(path: Path | str, **options: str) -> str:
    out = StringIO()
    call_command("apply", file=str(path), stdout=out, **options)
    return out.getvalue()


def refused(tmp_path: Path, change: dict[str, object], **options: str) -> str:
    """What `apply` says to deploy/demo/prod.yaml with `change` in its spec; nothing may have changed."""
    document = yaml.safe_load((build.DEMO / "prod.yaml").read_text())
    document["spec"] |= change
    path = tmp_path / "prod.yaml"
    path.write_text(yaml.safe_dump(document))
    with pytest.raises(CommandError) as error:
        apply(path, **options)
    assert not Prod.objects.filter(name="c-3").exists()
    assert not Run.objects.exists()
    return str(error.value)


def test_a_new_prod_is_made_and_built() -> None:
    said = apply(build.DEMO / "prod.yaml")
    run = Run.objects.get()
    assert "prod/c-3 created" in said
    assert f"build #{run.pk} started" in said
    assert (run.kind, run.state) == ("build", "running")
    assert Claim.objects.get().prod.name == "c-3"
    assert Prod.objects.get(name="c-3").lifecycle == "building"


def test_the_same_again_changes_nothing() -> None:
    apply(build.DEMO / "prod.yaml")
    assert "prod/c-3 unchanged" in apply(build.DEMO / "prod.yaml")
    assert Run.objects.count() == 1


def test_another_content_for_a_prod_that_exists_is_refused(tmp_path: Path) -> None:
    apply(build.DEMO / "prod.yaml")
    document = yaml.safe_load((build.DEMO / "prod.yaml").read_text())
    document["spec"]["capacity"] = 7
    path = tmp_path / "prod.yaml"
    path.write_text(yaml.safe_dump(document))
    with pytest.raises(CommandError, match="capacity"):
        apply(path)
    assert Prod.objects.get(name="c-3").capacity == 100


WRONG = {
    "unknown cluster": ({"cluster": "z"}, "z"),
    "unknown version": ({"version": "v9"}, "v9"),
    "unknown blueprint": ({"blueprint": "nope"}, "nope"),
    "unknown role": ({"role": "king"}, "spec.role"),
    "capacity as text": ({"capacity": "many"}, "spec.capacity"),
    "capacity of zero": ({"capacity": 0}, "spec.capacity"),
    "unknown field": ({"colour": "red"}, "spec.colour"),
    "replicas of no component": ({"overrides": {"replicas": {"db": 2}}}, "db"),
    "a namespace that is taken": ({"namespace": "prod-c-1"}, "c-1"),
    "a namespace that cannot be": ({"namespace": "Not_A_Label"}, "spec.namespace"),
}


@pytest.mark.parametrize(("change", "named"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_named_and_nothing_changes(
    tmp_path: Path, change: dict[str, object], named: str
) -> None:
    assert named in refused(tmp_path, change)


def test_several_prods_are_made_together_or_not_at_all(tmp_path: Path) -> None:
    good = (build.DEMO / "prod.yaml").read_text()
    bad = good.replace("c-3", "c-4").replace("cluster: c", "cluster: z")
    path = tmp_path / "prods.yaml"
    path.write_text(good + "\n---\n" + bad)
    with pytest.raises(CommandError):
        apply(path)
    assert not Prod.objects.filter(name__in=["c-3", "c-4"]).exists()
    assert not Run.objects.exists()


def test_malformed_yaml_and_missing_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "prod.yaml"
    path.write_text("a: [")
    with pytest.raises(CommandError, match=r"prod\.yaml"):
        apply(path)
    with pytest.raises(CommandError, match=r"nowhere\.yaml"):
        apply(tmp_path / "nowhere.yaml")


def test_who_may_not_is_refused(tmp_path: Path) -> None:
    build.person("release-manager", "rita")
    assert "it takes admin" in refused(tmp_path, {}, by="rita")
    assert "there is no nobody" in refused(tmp_path, {}, by="nobody")


def test_a_prod_on_a_cluster_that_is_down_waits_for_it() -> None:
    Cluster.objects.filter(name="c").update(health="unreachable")
    apply(build.DEMO / "prod.yaml")
    assert Run.objects.get().plan["waves"][0]["prods"][0]["held"]["code"] == "cluster-unreachable"
