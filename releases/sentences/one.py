"""Sentences where what they count is one: code -> the parameter that counts, and the sentence."""

ONE: dict[str, tuple[str, str]] = {
    "drained": ("routes", "Drained: on %(routes)s Route nobody is sent to it."),
    "restored": ("routes", "Serves again: %(routes)s Route."),
    "waits-for-routers": ("of", "Waits until %(of)s router shows the new weights: %(router)s."),
    "router-behind": ("of", "%(of)s router does not show the new weights, %(router)s: %(why)s"),
    "users-sent-elsewhere-on": ("routes", "The users of %(prod)s are sent elsewhere on %(routes)s Route."),
    "users-sent-back-on": ("routes", "%(prod)s gets its users back on %(routes)s Route."),
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
    "serves-alone": (
        "tenants",
        (
            "%(prod)s alone serves %(routes)s (%(tenants)s tenant), which would have nobody left. Let another Prod serve it "
            "first."
        ),
    ),
    "waits-for-approval": (
        "needed",
        "Has %(approved)s of %(needed)s approval. The author of the run cannot give one.",
    ),
    "act-unanswered": (
        "tries",
        "%(step)s gave no answer in %(tries)s attempt. Look at the cluster, then retry.",
    ),
    "resumed-anew": (
        "changes",
        (
            "Resumed by %(by)s with plan %(digest)s, in which %(changes)s Prod is planned otherwise than before (held back: "
            "%(held)s): %(why)s"
        ),
    ),
    "judged-anew": (
        "changes",
        (
            "Run %(run)s has moved users or taken Prods back since it was planned: %(changes)s Prod is planned otherwise "
            "now. Read that plan, and resume with its digest."
        ),
    ),
    "warming": (
        "requests",
        (
            "%(answered)s of %(requests)s request was answered, before users come. What it has said, and how often: "
            "%(said)s."
        ),
    ),
    "warmed-up": ("requests", "%(requests)s request was answered."),
    "not-warm-in-time": (
        "requests",
        (
            "It is ready, but not fit for users: after %(waited_s)s s %(answered)s of %(requests)s request was answered. "
            "What it has said, and how often: %(said)s."
        ),
    ),
    "redundant-users": ("tenants", "Its %(tenants)s tenant is also served from another failure domain."),
}
