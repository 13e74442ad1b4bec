"""What a container has to be like. Source: pkg/apis/core/validation/validation.go."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

from simulator.kinds.bounds import unknown_causes
from simulator.kinds.causes import absent, duplicate, forbidden_value, invalid_value, required, unsupported
from simulator.kinds.kind import Cause
from simulator.kinds.probes import PORT_RANGE, check_probes, port_name_problems
from simulator.kinds.quantities import value_of
from simulator.kinds.variables import check_variables
from simulator.kinds.volumes import check_mounts
from simulator.kinds.words import key_problems, label_problems
from simulator.values import Obj

WORDS = {
    "imagePullPolicy": ("Always", "IfNotPresent", "Never"),
    "terminationMessagePolicy": ("File", "FallbackToLogsOnError"),
    "restartPolicy": ("Always", "Never", "OnFailure"),
}
RESIZES = ("NotRequired", "RestartContainer")
PROTOCOLS = ("SCTP", "TCP", "UDP")
COMPUTED = frozenset({"cpu", "memory", "ephemeral-storage"})
STANDARD = COMPUTED | {"storage", "pods", "services", "secrets", "configmaps"}
LARGEST_ID = 2147483647
ID_WORDS = f"must be between 0 and {LARGEST_ID}, inclusive"


def check_container(
    container: Obj, at: str, names: set[str], volumes: Collection[str], causes: list[Cause]
) -> None:
    """Note what a real server would refuse about a container; its name joins the others."""
    _check_name(container.get("name"), f"{at}.name", names, causes)
    if not container.get("image"):
        causes.append(required(f"{at}.image"))
    if container.get("ports"):
        _check_ports(container["ports"], f"{at}.ports", causes)
    for field, known in WORDS.items():
        if container.get(field) and container[field] not in known:
            causes.append(unsupported(f"{at}.{field}", container[field], known))
    check_variables(container, at, causes)
    check_probes(container, at, causes)
    if container.get("resources"):
        _check_resources(container["resources"], f"{at}.resources", causes)
    check_mounts(container.get("volumeMounts") or (), f"{at}.volumeMounts", volumes, causes)
    for rule in container.get("resizePolicy") or ():
        causes += unknown_causes(rule.get("restartPolicy"), RESIZES, f"{at}.resizePolicy")
    if container.get("securityContext"):
        check_ids(container["securityContext"], f"{at}.securityContext", causes)


def _check_name(name: str | None, at: str, names: set[str], causes: list[Cause]) -> None:
    if not name:
        causes.append(required(at))
    elif name in names:
        causes.append(duplicate(at, name))
    else:
        causes += [invalid_value(at, name, problem) for problem in label_problems(name)]
        names.add(name)


def check_ids(context: Obj, at: str, causes: list[Cause]) -> None:
    """Note numbers of users and groups that cannot be."""
    numbers = {field: context[field] for field in ("fsGroup", "runAsUser", "runAsGroup") if field in context}
    for field, number in numbers.items():
        _check_id(number, f"{at}.{field}", causes)
    for n, group in enumerate(context.get("supplementalGroups") or ()):
        _check_id(group, f"{at}.supplementalGroups[{n}]", causes)


def _check_id(number: int, at: str, causes: list[Cause]) -> None:
    if not 0 <= number <= LARGEST_ID:
        causes.append(invalid_value(at, number, ID_WORDS))


def _check_ports(ports: list[Obj], at: str, causes: list[Cause]) -> None:
    names, taken = set[str](), set[str]()
    for n, port in enumerate(ports):
        here, number, name = f"{at}[{n}]", port.get("containerPort"), port.get("name")
        outside, protocol = port.get("hostPort"), port.get("protocol")
        if name and (problems := port_name_problems(name)):
            causes += [invalid_value(f"{here}.name", name, problem) for problem in problems]
        elif name and name in names:
            causes.append(duplicate(f"{here}.name", name))
        names.add(name or "")
        if not number:
            causes.append(required(f"{here}.containerPort"))
        elif not 1 <= number <= 65535:
            causes.append(invalid_value(f"{here}.containerPort", number, PORT_RANGE))
        if outside:
            _check_outside(port, f"{protocol}/{port.get('hostIP') or ''}/{outside}", taken, here, causes)
        if protocol not in PROTOCOLS:
            causes.append(unsupported(f"{here}.protocol", protocol, PROTOCOLS))


def _check_outside(port: Obj, key: str, taken: set[str], at: str, causes: list[Cause]) -> None:
    if not 1 <= port["hostPort"] <= 65535:
        causes.append(invalid_value(f"{at}.hostPort", port["hostPort"], PORT_RANGE))
    elif key in taken:
        causes.append(duplicate(f"{at}.hostPort", key))
    taken.add(key)


def check_host_ports(container: Obj, at: str, causes: list[Cause]) -> None:
    """Note ports that cannot be, as the pod is in the network of its node."""
    for n, port in enumerate(container.get("ports") or ()):
        if port.get("hostPort") != port.get("containerPort"):
            words = "must match `containerPort` when `hostNetwork` is true"
            causes.append(invalid_value(f"{at}.ports[{n}].hostPort", port.get("hostPort"), words))


def _check_resources(resources: Obj, at: str, causes: list[Cause]) -> None:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    amounts = {
        name: _check_amount(name, text, f"{at}.limits[{name}]", causes) for name, text in limits.items()
    }
    uncommitted = False
    for name, text in requests.items():
        wanted = _check_amount(name, text, f"{at}.requests[{name}]", causes)
        fixed = "/" in name or name.startswith("hugepages-")
        if name not in amounts:
            uncommitted = uncommitted or fixed
        elif fixed and wanted != amounts[name]:
            words = f"must be equal to {name} limit of {limits[name]}"
            causes.append(invalid_value(f"{at}.requests", text, words))
        elif wanted > amounts[name]:
            words = f"must be less than or equal to {name} limit of {limits[name]}"
            causes.append(invalid_value(f"{at}.requests", text, words))
    if uncommitted:
        causes.append(required(f"{at}.limits", "Limit must be set for non overcommitable resources"))


def _check_amount(name: str, text: str, at: str, causes: list[Cause]) -> Fraction:
    amount = value_of(text)
    if name not in COMPUTED and not name.startswith("hugepages-"):
        _check_resource_name(name, at, causes)
    if amount < 0:
        causes.append(invalid_value(at, text, "must be greater than or equal to 0"))
    elif "/" in name and amount.denominator != 1:
        causes.append(invalid_value(at, text, "must be an integer"))
    return amount


def _check_resource_name(name: str, at: str, causes: list[Cause]) -> None:
    problems = list(key_problems(name))
    if "/" in name:
        problems += ["doesn't follow extended resource name standard"] if problems else []
    elif not problems:
        problems += [] if name in STANDARD else ["must be a standard resource type or fully qualified"]
        problems.append("must be a standard resource for containers")
    causes += [invalid_value(at, name, problem) for problem in problems]


def check_claims(container: Obj, at: str, known: Collection[str], causes: list[Cause]) -> None:
    """Note claims to devices that the pod does not have."""
    for n, claim in enumerate((container.get("resources") or {}).get("claims") or ()):
        if claim.get("name") not in known:
            words = "must be one of the names in pod.spec.resourceClaims" + (
                "" if known else " which is empty"
            )
            causes.append(absent(f"{at}.resources.claims[{n}]", claim.get("name") or "", words))


def check_ephemeral(spec: Obj, at: str, causes: list[Cause]) -> None:
    """Note containers that only a running pod may be given."""
    if spec.get("ephemeralContainers"):
        words = "ephemeral containers not allowed in pod template"
        causes.append(forbidden_value(f"{at}.ephemeralContainers", words))
