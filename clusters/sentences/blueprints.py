"""What the Reasons of Blueprints and Versions say: what, where, what to do."""

SENTENCES: dict[str, str] = {
    "kind-custom": "%(kind)s is a custom resource that nobody has allowed. An operator can list it in "
    "DROVER_CUSTOM_KINDS.",
    "value-not-storable": "This holds a sign or a number that cannot be stored. Write it in another way.",
    "nested-too-deep": "This is nested deeper than %(limit)s levels.",
    "mark-invalid": "This is no name and value that Kubernetes takes for a label or annotation.",
    "deployment-paused": "A paused Deployment never rolls out. Remove `paused`.",
    "update-on-delete": "With OnDelete nothing rolls out until somebody deletes pods. Use RollingUpdate.",
    "job-ttl": "A Job that removes itself would run again with the next apply. Remove this: Drover removes "
    "finished Jobs once another Version has taken their place.",
    "replicas-autoscaled": "Replicas are given for %(component)s, whose replicas an autoscaler sets. Patch the "
    "autoscaler's minReplicas or maxReplicas instead.",
    "name-reserved": "'%(name)s' is a word that Drover needs itself. Choose another name.",
    "note-invalid": "A note is one line of at most %(limit)s characters.",
    "blueprint-exists": "There is a Blueprint %(blueprint)s already. Open it to add a revision.",
    "revision-moved-on": "Blueprint %(blueprint)s has revision %(newest)s by now, and you began with "
    "%(base)s. Look at what has changed, then save yours on top of it.",
    "prod-not-of-blueprint": "There is no Prod %(prod)s of the Blueprint %(blueprint)s.",
    "no-version-yet": "Blueprint %(blueprint)s has no Version yet. Create one first.",
    "revision-unknown": "Blueprint %(blueprint)s has no revision %(revision)s.",
    "image-invalid": "This is no image reference, such as registry.example/shop/api:v1.2.0.",
    "image-digest-invalid": "The digest after the @ has to be sha256: and 64 lower-case hex digits.",
    "image-without-tag": "Without a tag or digest this means :latest, behind which another image may stand "
    "tomorrow. Name a digest or a tag that stays.",
    "image-tag-moves": "Another image may stand behind :%(tag)s tomorrow. Name a digest or a tag that stays.",
    "version-name-invalid": "A name of a Version has up to 100 letters, digits and . _ + -, a letter or digit "
    "first.",
    "until-without-step": "A step is named, but going back is not limited to one. Choose `until`, or no step.",
}
