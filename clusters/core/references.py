"""The Secrets that manifests refer to, and that must be there before pods can start."""

from collections.abc import Iterable, Iterator

from .manifests import Manifest, containers, key_of, mapping, objects, pod_template

# Kinds of volumes that are mounted with a Secret, and where they name it (core/v1 VolumeSource).
MOUNTED_WITH = {
    "csi": "nodePublishSecretRef",
    **dict.fromkeys(("cephfs", "cinder", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos"), "secretRef"),
}


def secret_references(manifests: Iterable[Manifest]) -> tuple[str, ...]:
    """The names, sorted. References that are marked as optional are left out.

    Partial manifests, as in a patch, may be given too.
    """
    return tuple(sorted({name for manifest in manifests for name in _of_object(manifest) if name}))


def _of_object(manifest: Manifest) -> Iterator[str]:
    template = pod_template(manifest)
    if template is not None:
        yield from _of_pods(template)
    spec = mapping(manifest.get("spec"))
    if key_of(manifest) == "Ingress":
        yield from (_text(item, "secretName") for item in objects(spec.get("tls")))
    if key_of(manifest) == "ServiceAccount":
        yield from (_text(item, "name") for item in objects(manifest.get("imagePullSecrets")))


def _of_pods(template: Manifest) -> Iterator[str]:
    spec = mapping(template.get("spec"))
    yield from (_text(item, "name") for item in objects(spec.get("imagePullSecrets")))
    for container in containers(template):
        for item in objects(container.get("envFrom")):
            yield from _required(item.get("secretRef"), "name")
        for item in objects(container.get("env")):
            yield from _required(mapping(item.get("valueFrom")).get("secretKeyRef"), "name")
    for volume in objects(spec.get("volumes")):
        yield from _required(volume.get("secret"), "secretName")
        yield _text(mapping(volume.get("azureFile")), "secretName")
        for kind, field in MOUNTED_WITH.items():
            yield _text(mapping(mapping(volume.get(kind)).get(field)), "name")
        for source in objects(mapping(volume.get("projected")).get("sources")):
            yield from _required(source.get("secret"), "name")


def _required(reference: object, field: str) -> Iterator[str]:
    found = mapping(reference)
    if found.get("optional") is not True:
        yield _text(found, field)


def _text(item: Manifest, field: str) -> str:
    value = item.get(field)
    return value if isinstance(value, str) else ""
