"""Server-side apply over real HTTP."""

from tests.simulator.space import Space, config_map, deployment, until


def test_an_apply_with_the_current_version_passes_and_with_an_old_one_is_409(space: Space) -> None:
    _, first = space.apply("configmaps", config_map(a="1"))
    version = first["metadata"]["resourceVersion"]
    fenced = {**config_map(a="2"), "metadata": {"name": "settings", "resourceVersion": version}}
    assert space.apply("configmaps", fenced, force=True)[0] == 200
    status, answer = space.apply("configmaps", {**fenced, "data": {"a": "3"}}, force=True)
    assert (status, answer["reason"]) == (409, "Conflict")
    assert space.get("configmaps", "settings")["data"] == {"a": "2"}


def test_an_apply_with_the_uid_of_a_gone_object_does_not_bring_it_back(space: Space) -> None:
    _, first = space.apply("configmaps", config_map(a="1"))
    space.ask("DELETE", "configmaps", "settings")
    fenced = {**config_map(a="2"), "metadata": {"name": "settings", "uid": first["metadata"]["uid"]}}
    status, answer = space.apply("configmaps", fenced)
    assert (status, "no existing object was found" in answer["message"]) == (409, True)


def test_an_apply_needs_a_field_manager(space: Space) -> None:
    status, answer = space.ask(
        "PATCH", "configmaps", "settings", config_map(), content_type="application/apply-patch+yaml"
    )
    assert (status, "fieldManager" in answer["message"]) == (422, True)


def test_an_apply_conflict_names_manager_and_field(space: Space) -> None:
    space.apply("deployments", deployment(), manager="drover")
    status, answer = space.apply("deployments", deployment(tag="v2"), manager="kubectl")
    field = '.spec.template.spec.containers[name="api"].image'
    assert status == 409
    assert answer["details"]["causes"] == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "drover"', "field": field}
    ]
    assert answer["message"] == f'Apply failed with 1 conflict: conflict with "drover": {field}'
    assert space.apply("deployments", deployment(tag="v2"), manager="kubectl", force=True)[0] == 200


def test_dropping_replicas_that_only_we_applied_resets_them_to_one(space: Space) -> None:
    space.apply("deployments", deployment(replicas=3))
    body = deployment()
    del body["spec"]["replicas"]
    assert space.apply("deployments", body)[1]["spec"]["replicas"] == 1


def test_a_scaled_deployment_conflicts_with_the_next_apply_of_replicas(space: Space) -> None:
    space.apply("deployments", deployment(replicas=1))
    scale = {"spec": {"replicas": 2}}
    status, answer = space.ask(
        "PATCH", "deployments", "api", scale, sub="scale", content_type="application/merge-patch+json"
    )
    assert (status, answer["kind"], answer["spec"]["replicas"]) == (200, "Scale", 2)
    status, answer = space.apply("deployments", deployment(replicas=1))
    assert (status, answer["details"]["causes"][0]["field"]) == (409, ".spec.replicas")


def test_the_answer_to_an_apply_has_the_new_generation_and_the_old_status(space: Space) -> None:
    space.apply("deployments", deployment())
    until(space.rolled_out, "rolled out")
    _, answer = space.apply("deployments", deployment(tag="v1.1.0"))
    assert answer["metadata"]["generation"] == 2
    assert answer["status"]["observedGeneration"] == 1
    assert answer["status"]["updatedReplicas"] == answer["status"]["availableReplicas"] == 3


def test_an_apply_without_a_change_keeps_version_and_generation(space: Space) -> None:
    space.apply("configmaps", config_map(a="1"))
    before = space.get("configmaps", "settings")
    assert space.apply("configmaps", config_map(a="1"))[1] == before


def test_yaml_can_be_applied(space: Space) -> None:
    body = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: '1'}\n"
    query = "fieldManager=x"
    status, _ = space.ask(
        "PATCH", "configmaps", "settings", body, query=query, content_type="application/apply-patch+yaml"
    )
    assert (status, space.get("configmaps", "settings")["data"]) == (201, {"a": "1"})
