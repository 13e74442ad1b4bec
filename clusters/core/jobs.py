"""Jobs: their pod template never changes, so each content is a Job of its own name."""

from .manifests import Manifest, digest_of, name_of

DIGEST_LENGTH = 8
NAME_MAX = 63


def job_name(manifest: Manifest) -> str:
    """`NAME-<8 hex digits>` of a rendered Job: the same for the same content, another one for any other.

    A Job that is there already under this name has run, or runs, exactly this.
    """
    digest = digest_of([name_of(manifest), manifest.get("spec")])[:DIGEST_LENGTH]
    return f"{name_of(manifest)[: NAME_MAX - 1 - DIGEST_LENGTH].rstrip('-')}-{digest}"
