"""What the Reasons of this package say, in English."""

SENTENCES: dict[str, str] = {
    "role-may-not": "Your role %(role)s may not do this: it takes %(needs)s.",
    "not-through-a-token": "Not through a token: log in.",
    "admin-exists": "There is an admin already: they add people under Settings, People.",
    "first-admin": "%(person)s is the first admin, made with manage.py create_admin.",
    # What people typed.
    "name-not-usable": "Give 1 to %(most)s printable characters.",
    "reason-not-usable": "At most %(most)s characters.",
    "role-not-known": "One of %(roles)s.",
    "role-too-high": "%(role)s is more than you can give: at most %(most)s.",
    "end-in-the-past": "This moment is over.",
    "end-after-parent": "It may not outlive the token that makes it: until %(latest)s at the latest.",
    "token-name-taken": "There is a live token named %(name)s: choose another name, or revoke that one.",
    "username-taken": "There is somebody named %(username)s already.",
    "username-not-usable": "Letters, digits and @ . + - _ only.",
    "password-wrong": "This is not your password.",
    "password-weak": "%(said)s",
    # What the state does not allow.
    "token-unknown": "There is no token %(token)s of yours.",
    "token-revoked-already": "The token %(token)s is revoked already.",
    "too-many-tokens": "That is %(most)s live tokens: revoke what nobody uses.",
    "person-unknown": "There is nobody named %(person)s.",
    "person-active": "The account of %(person)s is open.",
    "person-not-active": "The account of %(person)s is closed already.",
    "own-role": "Nobody changes their own role: ask another admin.",
    "own-account": "Not your own account: ask another admin.",
    "last-admin": "%(person)s is the last active admin: make another one first.",
    # What happened.
    "token-created": "Token %(token)s (%(hint)s…) for %(person)s, with role %(role)s.",
    "token-revoked": "Token %(token)s of %(person)s revoked.",
    "token-revoked-because": "Token %(token)s of %(person)s revoked: %(why)s",
    "token-revoked-with-parent": "Token %(token)s of %(person)s revoked with the one that made it.",
    "token-revoked-with-parent-because": (
        "Token %(token)s of %(person)s revoked with the one that made it: %(why)s"
    ),
    "token-revoked-with-person": "Token %(token)s of %(person)s revoked with the account.",
    "token-revoked-with-password": "Token %(token)s of %(person)s revoked with the password.",
    "person-created": "%(person)s, with role %(role)s.",
    "role-set": "%(person)s is %(role)s now, and was %(was)s.",
    "role-set-because": "%(person)s is %(role)s now, and was %(was)s: %(why)s",
    "person-deactivated": "The account of %(person)s is closed.",
    "person-deactivated-because": "The account of %(person)s is closed: %(why)s",
    "person-activated": "The account of %(person)s is open again.",
    "person-activated-because": "The account of %(person)s is open again: %(why)s",
    "password-reset": "%(person)s got a new password: their sessions and tokens have ended.",
    "password-changed": "%(person)s changed their password.",
}
