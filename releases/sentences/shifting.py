"""What Runs say of traffic: who is drained, restored, moved, and which router is behind."""

SENTENCES = {
    "draining": "Sends the users of %(prod)s elsewhere.",
    "restoring": "Sends %(prod)s its users again.",
    "drains": "Nobody is sent to it any more; what is under way has %(drain_s)s s to end.",
    "drained": "Drained: on %(routes)s Routes nobody is sent to it.",
    "nothing-to-drain": "No router publishes its Routes: nothing to drain.",
    "restored": "Serves again: %(routes)s Routes.",
    "waits-for-routers": "Waits until %(behind)s of %(of)s routers show the new weights, %(router)s first.",
    "router-behind": "%(behind)s of %(of)s routers do not show the new weights, %(router)s first: %(why)s",
    "users-sent-elsewhere": "The users of %(prod)s are sent elsewhere.",
    "users-sent-elsewhere-on": "The users of %(prod)s are sent elsewhere on %(routes)s Routes.",
    "users-sent-back": "%(prod)s gets its users back.",
    "users-sent-back-on": "%(prod)s gets its users back on %(routes)s Routes.",
    "sent-off-bad-version": "Rollback %(run)s takes users off %(version)s.",
    "users-off-bad-version": "%(tenants)s tenants on %(routes)s Routes were sent from %(version)s to good Prods at "
    "once; %(staying)s stay until their Prod is deployed again.",
    "left-for-good": "%(prod)s leaves for good with run %(run)s.",
}
