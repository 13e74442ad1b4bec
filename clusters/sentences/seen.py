"""What each Reason of this package says to the person who has to act on it: what, where, what to do.

Parameters are `%(name)s`; a literal percent sign is `%%`.
"""

_EVIDENCE = {
    "all-ready": "All %(pods)s pods run what was applied and are ready.",
    "workload-ready": "All %(pods)s pods of %(workload)s run what was applied and are ready.",
    "exists": "%(kind)s %(name)s is there as applied.",
    "nothing-to-roll-out": "Everything is there as applied; there are no pods to wait for.",
    "facts-unknown": "Nothing is known yet: the cluster has not been listed since its observer began.",
    "facts-too-old": "What was last seen is older than the change: waiting for the observer.",
    "workload-not-seen": "%(kind)s %(name)s has not been seen on the cluster yet. If this stays, somebody "
    "has removed it: retry the step before this one.",
    "workload-replaced": "%(kind)s %(name)s is not the object that was applied: it was deleted and made anew. "
    "If this stays, apply it again.",
    "change-not-seen": "The change to %(workload)s has not been seen yet.",
    "change-not-started": "The cluster has not begun with the change to %(workload)s. If this stays, look at "
    "its controller manager.",
    "workload-changed": "Somebody changed %(kind)s %(name)s after it was applied, so what runs is not what was "
    "released. Find out who, then retry or roll back.",
    "pods-not-updated": "%(workload)s: %(done)s of %(wanted)s pods are started anew.",
    "pods-not-ready": "%(workload)s: ready %(done)s of %(wanted)s.",
    "pods-not-available": "%(workload)s: ready for long enough %(done)s of %(wanted)s.",
    "older-pods-serve": "%(workload)s: all new pods are ready (%(wanted)s), but old ones still serve (%(older)s).",
    "pods-to-remove": "%(workload)s: pods: %(pods)s, wanted: %(wanted)s; the rest has to go.",
    "pod-failing": "%(workload)s: pod %(pod)s fails (%(waiting)s, restarted %(restarts)s times). %(message)s",
    "rollout-stalled": "%(workload)s has made no progress within its deadline: %(message)s",
    "revision-not-settled": "%(workload)s: all pods are new; the cluster has not closed its rollout yet.",
    "kind-not-watched": "%(kind)s %(name)s was applied, but how it is cannot be seen: %(problem)s",
    "job-failed": "Job %(name)s has failed: %(message)s",
    "job-done": "Job %(name)s has finished.",
    "job-suspended": "Job %(name)s is suspended. Somebody has to let it run.",
    "job-runs": "Job %(name)s runs: %(done)s of %(wanted)s pods have succeeded.",
    "route-refused": "HTTPRoute %(name)s is refused by its gateway (%(condition)s): %(message)s",
    "autoscaler-stuck": "The autoscaler %(name)s cannot scale (%(condition)s): %(message)s",
    "autoscaler-below": "The autoscaler %(name)s asks for %(done)s of at least %(wanted)s pods so far.",
    "condition-not-true": "%(kind)s %(name)s is not %(condition)s yet: %(message)s",
    "no-evidence-rule": "Nobody can tell when %(kind)s %(name)s is ready: there is no rule for this kind.",
}

_CALLS = {
    "object-missing": "Not found on the cluster: %(message)s",
    "object-moved-on": "Somebody changed the object at the same moment. %(message)s",
    "object-invalid": "The cluster does not accept the object, and trying again will not help: %(message)s",
    "object-unnamed": "%(kind)s '%(name)s' in namespace '%(namespace)s' has no full name.",
    "kind-unknown": "Drover does not know the kind %(kind)s.",
    "kind-absent": "The cluster does not have the kind %(kind)s. Install its definition there first.",
    "list-moved-on": "The list changed too quickly to be read to its end: %(message)s",
    "fields-contested": "Another tool owns fields of this object (%(fields)s): %(message)s",
    "cluster-denied": "The cluster refuses our credentials or their rights (%(status)s): %(message)s",
    "cluster-error": "The cluster answered with an error (%(status)s): %(message)s",
    "cluster-busy": "All %(calls)s connections to the cluster are in use: it answers too slowly.",
    "cluster-silent": "The cluster has not answered lately; it is asked again in %(next_probe_ms)s ms.",
    "address-refused": "Drover never connects to %(address)s: nothing at such an address is a cluster.",
    "address-loopback": "Drover does not connect to the machine it runs on (%(address)s), except in the demo.",
    "address-ours": "%(address)s port %(port)s is Drover's own database or broker.",
    "cluster-not-reached": "The cluster could not be reached (%(error)s). Nothing was sent.",
    "cluster-not-trusted": "The connection to the cluster is not safe (%(error)s). Check the CA of its credentials.",
    "cluster-no-answer": "The cluster gave no answer in time (%(error)s).",
    "answer-endless": "The answer of the cluster did not end; %(bytes)s bytes were read.",
    "answer-unreadable": "What answered is no Kubernetes API server (status %(status)s).",
    "credentials-unreadable": "The stored credentials of %(cluster)s cannot be decrypted. Check "
    "DROVER_CREDENTIAL_KEYS, or register the cluster again.",
    "credentials-locked": "Stored credentials cannot be decrypted. Check DROVER_CREDENTIAL_KEYS.",
    "credentials-unusable": "The CA or client certificate of %(cluster)s cannot be used. Register it again.",
}

_CLUSTER = {
    "cluster-silent-to-probe": "It does not answer (%(error)s).",
    "cluster-not-well": "It answers that it is not well (%(status)s): %(message)s",
    "cluster-not-watched": "It answers, but its %(kind)s objects cannot be watched: %(problem)s",
    "cluster-retired": "Cluster %(cluster)s is retired.",
    "cluster-unreachable": "Cluster %(cluster)s does not answer.",
    "cluster-unknown": "How cluster %(cluster)s is, is not known yet.",
    "facts-old": "Nothing was heard of cluster %(cluster)s lately. Check that an observer runs.",
}

_RENDERING = {
    "image-missing": "The Version has no image for the component %(component)s.",
    "component-unknown": "The Blueprint has no component %(component)s.",
    "container-missing": "%(component)s has no container of its own name to take the Version's image.",
    "replicas-without-component": "Replicas are given for %(component)s, which is no component that scales.",
    "patch-without-object": "A patch is for %(kind)s %(name)s, which the Blueprint does not have.",
    "patch-forbidden": "A patch may not change %(field)s.",
    "patch-shape": "A patch needs `metadata` and may have `spec`, both with fields inside, but no `status`.",
    "patch-directive-unknown": "A patch may say `$patch: replace` or `$patch: delete`, not %(directive)s.",
    "patch-without-key": "An item of a list in a patch needs the field %(key)s, by which it is found.",
    "label-is-selected": "The label %(label)s is used to select pods, so a Prod may not set it.",
    "label-is-reserved": "%(label)s begins with drover.dev/, which is reserved.",
}

_FILES = {
    "file-empty": "The file holds nothing.",
    "file-too-large": "The file is larger than %(limit_kib)s KiB.",
    "yaml-broken": "Line %(line)s, column %(column)s is no valid YAML: %(problem)s.",
    "yaml-unreadable": "This is no text that YAML allows.",
    "yaml-alias": "Line %(line)s uses an anchor or alias. Write the value out.",
    "yaml-too-deep": "Line %(line)s is nested deeper than %(limit)s levels.",
    "not-an-object": "This is no object with fields.",
    "field-missing": "This field is needed.",
    "field-unknown": "There is no such field. Check its spelling.",
    "field-not-allowed": "This field is written by the cluster. Remove it.",
    "field-type": "This has to be: %(expected)s.",
    "field-value": "This has to be one of: %(allowed)s.",
    "field-limit": "This is over the limit: %(limit)s.",
    "field-pattern": "'%(value)s' does not match %(pattern)s.",
    "name-invalid": "A name has up to 63 lower-case letters, digits and dashes, with no dash at its ends.",
    "object-twice": "%(kind)s %(name)s is also in document %(first)s.",
}

_BLUEPRINTS = {
    "api-version-wrong": "The apiVersion of this kind has to be %(expected)s.",
    "kind-secret": "Secrets are kept apart from Blueprints: refer to a Secret that the cluster has.",
    "kind-cluster-scoped": "%(kind)s belongs to the whole cluster, and a Prod is only a namespace of it.",
    "kind-not-allowed": "The kind %(kind)s may not stand in a Blueprint.",
    "namespace-given": "Remove the namespace (%(namespace)s): each Prod has its own.",
    "helm-hook": "Helm hooks do not run here. Render with `helm template --no-hooks`.",
    "selector-misses-pods": "The selector does not match the labels of its own pods.",
    "too-many-objects": "%(objects)s objects are more than the %(limit)s that a Blueprint may have.",
    "no-component": "There is no Deployment, StatefulSet or DaemonSet: nothing would run.",
    "blueprint-unknown": "There is no Blueprint %(blueprint)s with a revision. Add one first.",
    "revision-added": "Blueprint %(blueprint)s has a new revision: %(revision)s.",
    "version-created": "Version %(version)s of Blueprint %(blueprint)s was created.",
    "version-exists": "Version %(version)s of %(blueprint)s exists with other images. Versions never change: "
    "choose another name.",
    "version-unknown": "Blueprint %(blueprint)s has no Version %(version)s. Create it first.",
    "cluster-not-registered": "There is no cluster %(cluster)s. Register it first.",
    "prod-exists": "Prod %(prod)s exists and differs in %(fields)s. A Prod is changed by a run, not by a file.",
    "namespace-taken": "The namespace %(namespace)s on this cluster is that of Prod %(prod)s.",
}

SENTENCES: dict[str, str] = {
    **_EVIDENCE,
    **_CALLS,
    **_CLUSTER,
    **_RENDERING,
    **_FILES,
    **_BLUEPRINTS,
}
