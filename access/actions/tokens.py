"""Making and revoking API tokens."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from access.models import ApiToken, Person
from access.permissions import denial, require
from access.roles import RANK, Role, lesser
from access.tokens import issue_token, live_tokens
from journal.core.reasons import Refused, because
from journal.log import event, record

from .words import checked_name, optional_reason, refuse_field, told

MOST_TOKENS = 100


def create_token(
    person: Person, owner: Person, name: str, role: str, expires_at: datetime | None
) -> tuple[ApiToken, str]:
    """The new token of `owner` and its text, shown this once.

    Its role is at most that of the owner and that with which `person` acts. Made through a token, it is
    that one's child: it ends with it, at the latest (None: at the same moment), and never may more.
    """
    require(person, "token.own" if owner.pk == person.pk else "token.write")
    checked = checked_name(name, "name", 100)
    now = timezone.now()
    _check_role(role, lesser(person.acting_role, owner.role))
    expires_at = _checked_end(person.through, expires_at, now)
    with transaction.atomic():
        now_owner = Person.objects.select_for_update().get(pk=owner.pk)  # two at once would pass the checks
        if not now_owner.is_active:
            raise Refused(because("person-not-active", person=owner.get_username()))
        _check_room(owner, checked, now)
        token, text = issue_token(
            owner, checked, Role(role), expires_at, made_by=person, parent=person.through
        )
        why = because("token-created", token=checked, person=owner.get_username(), role=role, hint=token.hint)
        record([event(now, "token", actor=person, moved=("", "live"), reason=why)])
        return token, text


def revoke_token(person: Person, token_id: int, reason: str = "") -> ApiToken:
    """The token, which is good for nothing from now on, and its children with it.

    One's own, or anybody's with `token.write`. Through a token of a lesser role: itself and its children.
    """
    text, now = optional_reason(reason), timezone.now()
    with transaction.atomic():
        token = ApiToken.objects.select_for_update(of=("self",)).select_related("person").filter(pk=token_id)
        found = token.first()
        if found is None or not _may_revoke(person, found):
            raise Refused(because("token-unknown", token=token_id))
        if found.revoked_at:
            raise Refused(because("token-revoked-already", token=found.name))
        revoke_all(person, [found], "token-revoked", text, now)
        found.refresh_from_db()
        return found


def revoke_all(person: Person, tokens: list[ApiToken], code: str, why: str, now: datetime) -> None:
    """Revoke these and all that descend from them; one Event each. Inside the caller's transaction."""
    while tokens:
        ids = [token.pk for token in tokens]
        ApiToken.objects.filter(pk__in=ids, revoked_at=None).update(revoked_at=now)
        record(
            event(
                now,
                "token",
                actor=person,
                moved=("live", "revoked"),
                reason=told(code, why, token=token.name, person=token.person.get_username()),
            )
            for token in tokens
        )
        children = ApiToken.objects.filter(parent__in=ids, revoked_at=None)
        tokens, code = list(children.select_related("person")), "token-revoked-with-parent"


def _check_role(role: str, most: Role) -> None:
    if role not in RANK:
        raise refuse_field("role", "role-not-known", roles=", ".join(RANK))
    if RANK[Role(role)] > RANK[most]:
        raise refuse_field("role", "role-too-high", role=role, most=most)


def _checked_end(parent: ApiToken | None, expires_at: datetime | None, now: datetime) -> datetime | None:
    latest = parent.expires_at if parent else None
    if expires_at is None:
        return latest
    if expires_at <= now:
        raise refuse_field("expires_at", "end-in-the-past")
    if latest and expires_at > latest:
        raise refuse_field("expires_at", "end-after-parent", latest=latest.isoformat(timespec="seconds"))
    return expires_at


def _check_room(owner: Person, name: str, now: datetime) -> None:
    names = list(live_tokens(now).filter(person=owner).values_list("name", flat=True))
    if name in names:
        raise refuse_field("name", "token-name-taken", name=name)
    if len(names) >= MOST_TOKENS:
        raise Refused(because("too-many-tokens", most=MOST_TOKENS))


def _may_revoke(person: Person, token: ApiToken) -> bool:
    if denial(person, "token.write") is None:
        return True
    if denial(person, "token.own") or token.person_id != person.pk:
        return False
    return person.through is None or person.through.pk in {one.pk for one in token.ancestry()}
