"""Sentences where what they count is one: code -> the parameter that counts, and the sentence."""

ONE: dict[str, tuple[str, str]] = {
    "drained": ("routes", "Drained: on %(routes)s Route nobody is sent to it."),
    "restored": ("routes", "Serves again: %(routes)s Route."),
    "waits-for-routers": ("of", "Waits until %(of)s router shows the new weights: %(router)s."),
    "router-behind": ("of", "%(of)s router does not show the new weights, %(router)s: %(why)s"),
    "users-sent-elsewhere-on": ("routes", "The users of %(prod)s are sent elsewhere on %(routes)s Route."),
    "users-sent-back-on": ("routes", "%(prod)s gets its users back on %(routes)s Route."),
    "users-leave": ("routes", "Its %(tenants)s tenants on %(routes)s Route are served elsewhere."),
    "users-return": ("routes", "Gets its part of %(routes)s Route back, a little at a time."),
    "moved": ("routes", "Its users are served elsewhere: %(routes)s Route."),
    "moved-but-for-routers": (
        "routes",
        (
            "Its users are served elsewhere: %(routes)s Route. These routers do not answer, and are brought to it first "
            "when they do: %(routers)s"
        ),
    ),
    "switched-over": ("routes", "%(other)s has its place: %(routes)s Route."),
    "switched-on": ("routes", "%(other)s takes the place of %(prod)s on %(routes)s Route."),
    "relocated": ("routes", "Its users live elsewhere for a while: %(routes)s Route."),
    "users-relocated-on": (
        "routes",
        "The users of %(prod)s on %(routes)s Route live on %(prods)s until it is done.",
    ),
    "lives-elsewhere": (
        "routes",
        "Its users on %(routes)s Route live on %(prods)s meanwhile, as things are now.",
    ),
    "fence-needed": (
        "count",
        (
            "%(count)s Route has a single writer (%(routes)s): make sure that the old one is stopped, then type "
            "%(name)s."
        ),
    ),
    "no-address-to-warm-up": (
        "count",
        (
            "%(count)s Prod cannot be warmed up, since its address is not known (%(prods)s). Give its endpoint, or release "
            "with warm_up 0."
        ),
    ),
    "no-hostname-to-warm-up": (
        "count",
        (
            "%(count)s Prod cannot be warmed up, since none of its users has a hostname to ask for, or all of these have a "
            "single writer (%(prods)s). Give hostnames, or release with warm_up 0."
        ),
    ),
    "redundant-users": ("tenants", "Its %(tenants)s tenant is also served from another failure domain."),
}
