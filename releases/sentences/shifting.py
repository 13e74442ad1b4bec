"""What Runs say of traffic: who is drained, restored, moved, and which router is behind."""

SENTENCES = {
    "draining": "Sends the users of %(prod)s elsewhere.",
    "restoring": "Sends %(prod)s its users again.",
    "drains": "Nobody is sent to it any more; what is under way has %(drain_s)s s to end.",
    "drained": "Drained: on %(routes)s Routes nobody is sent to it.",
    "nothing-to-drain": "No router publishes its Routes: nothing to drain.",
    "restored": "Serves again: %(routes)s Routes.",
    "kept-out": "It is as it was before run %(run)s, which has left it without its users. They come back by themselves as soon "
    "as this is over: %(why)s",
    "nothing-restored": "No Route was sent back to it: each stays where it is served now.",
    "waits-for-routers": "Waits until %(behind)s of %(of)s routers show the new weights, %(router)s first.",
    "router-behind": "%(behind)s of %(of)s routers do not show the new weights, %(router)s first: %(why)s",
    "users-sent-elsewhere": "The users of %(prod)s are sent elsewhere.",
    "users-sent-elsewhere-on": "The users of %(prod)s are sent elsewhere on %(routes)s Routes.",
    "users-sent-back": "%(prod)s gets its users back.",
    "users-sent-back-on": "%(prod)s gets its users back on %(routes)s Routes.",
    "sent-off-bad-version": "Rollback %(run)s takes users off %(version)s.",
    "users-off-bad-version": "Users were sent from %(version)s to good Prods at once. Tenants: %(tenants)s, Routes: "
    "%(routes)s; tenants that stay until their Prod is deployed again: %(staying)s.",
    "moving-users": "Sends the users of %(prod)s elsewhere.",
    "ramping": "Gives %(prod)s its users back, a little at a time.",
    "users-leave": "Its users are served elsewhere. Tenants: %(tenants)s, Routes: %(routes)s.",
    "users-return": "Gets its part of %(routes)s Routes back, a little at a time.",
    "moved": "Its users are served elsewhere: %(routes)s Routes.",
    "moved-but-for-routers": "Its users are served elsewhere: %(routes)s Routes. These routers do not answer, and are "
    "brought to it first when they do: %(routers)s",
    "member-not-well": "Not known to be ready, so it gets no more of the Route %(route)s.",
    "prod-not-well": "%(prod)s is not known to serve, so it gets no users.",
    "watched": "Has %(percent)s %% of its part of %(route)s; watched for %(watch_s)s s.",
    "ramped": "Has %(percent)s %% of its part of %(route)s.",
    "member-not-well-on-all": "Not known to be ready, so it gets no more users.",
    "watched-on-all": "Has %(percent)s %% of its users; watched for %(watch_s)s s.",
    "ramped-on-all": "Has %(percent)s %% of its users.",
    "switching": "%(prod)s hands its users over.",
    "switched-over": "%(other)s has its place: %(routes)s Routes.",
    "switched": "%(other)s takes the place of %(prod)s.",
    "switched-on": "%(other)s takes the place of %(prod)s on %(routes)s Routes.",
    "roles-exchanged": "%(other)s is live, and %(prod)s stands by on the Version that it has.",
    "hands-over": "Hands its users (load %(load)s) over to %(to)s, which has room for %(room)s more then. It keeps its "
    "Version: it is the reserve to go back to.",
    "takes-back": "Has its users back from run %(run)s; it still runs %(version)s.",
    "switch-needs-fence": "%(prod)s serves Routes with a single writer (%(routes)s), which move behind a fence only. "
    "Leave it out, or move them first.",
    "switch-needs-users-back": "%(prod)s is being emptied, and users come back to it by a failback only, which would find "
    "another in its place. Fail back first, or leave it out.",
    "no-standby-pinned": "%(prod)s serves Routes that are pinned, and no standby Prod left is one that they may be on. "
    "Leave it out, or update it in place.",
    "no-standby-left": "No standby Prod is left to take the place of %(prod)s. Make one, or leave it out.",
    "no-standby-near": "No standby Prod is left in the failure domain %(domain)s to take the place of %(prod)s, which "
    "serves users who have bought two of them. Make one, or leave it out.",
    "no-standby-room": "No standby Prod has room for %(prod)s: it carries %(load)s, and %(other)s, the one with most, "
    "has %(most)s. Give it room, or leave %(prod)s out.",
    "taker-not-free": "%(other)s, which has begun to take the place of %(prod)s, is held or being emptied: lift the hold or "
    "fail back first, or roll back.",
    "place-kept-emptied": "%(prod)s keeps its place and its Version: it is being emptied, and users come back to it by a "
    "failback only.",
    "takes-no-place": "%(prod)s stays as it is: no place is left for it to take.",
    "taker-not-proven": "%(prod)s has not gone through all its steps, so nobody is handed over to it: skip this too, or "
    "roll back.",
    "warming-up": "Asks %(prod)s for pages before its users come.",
    "warming": "%(answered)s of %(requests)s requests in a row were answered. What it has said, and how often: %(said)s.",
    "warmed-up": "%(requests)s requests in a row were answered.",
    "warming-beside": "Asks %(prod)s for pages as the users who come to it do.",
    "gets-users-at-once": "It carries %(load)s and gets %(coming)s more at once: it is asked for pages as they do, and "
    "they do not wait for that.",
    "not-warm-in-time": "It is not warm: after %(waited_s)s s only %(answered)s of %(requests)s requests in a row were "
    "answered. What it has said, and how often: %(said)s.",
    "not-asked": "%(prod)s cannot be asked for pages: its address is not known, or none of its users has a hostname.",
    "no-address-to-warm-up": "%(count)s Prods cannot be warmed up, since their address is not known (%(prods)s). Give their "
    "endpoint, or release with warm_up 0.",
    "no-hostname-to-warm-up": "%(count)s Prods cannot be warmed up, since none of their users has a hostname to ask for, or "
    "all of these have a single writer (%(prods)s). Give hostnames, or release with warm_up 0.",
    "relocating": "Sends the users of %(prod)s to other Prods for a while.",
    "relocated": "Its users live elsewhere for a while: %(routes)s Routes.",
    "users-relocated": "The users of %(prod)s live elsewhere until it is done.",
    "users-relocated-on": "The users of %(prod)s on %(routes)s Routes live on %(prods)s until it is done.",
    "gets-more-load": "It carries %(load)s and gets %(coming)s more at once: its autoscalers keep pods for both, until the "
    "users have left again.",
    "load-leaves": "The users who came have left: its autoscalers go by the Blueprint again.",
    "scaling-up": "Gets %(prod)s pods for the users who have come.",
    "scaling-back": "Lets the autoscalers of %(prod)s go by the Blueprint again.",
    "waits-for-scale-up": "Waits until its autoscalers are no longer being raised.",
    "floors-raised": "Fewest pods of its autoscalers: %(floors)s.",
    "floors-enough": "Its autoscalers keep enough pods already.",
    "floors-lowered": "Fewest pods of its autoscalers, as the Blueprint says: %(floors)s.",
    "floors-as-they-were": "Its autoscalers go by the Blueprint already, or somebody has applied them since.",
    "autoscaler-changing": "Another run is changing the Prod: its autoscaler %(name)s is left to that one.",
    "nowhere-to-go": "Its users on the Route %(route)s (and on %(more)s more) have nowhere to be meanwhile: %(why)s",
    "lives-elsewhere": "Its users on %(routes)s Routes live on %(prods)s meanwhile, as things are now.",
    "writers-stay": "The Routes with a single writer stay on it while it is changed: %(count)s (%(routes)s).",
    "fence-needed": "%(count)s Routes have a single writer (%(routes)s): make sure that the old one is stopped, then "
    "type %(name)s.",
    "no-such-cluster": "There is no cluster %(cluster)s.",
    "nothing-to-move": "No users are served from %(name)s: there is nothing to move.",
    "nobody-can-move": "None of those who are served from %(name)s has another place to go.",
    "nobody-can-come-back": "Nobody can come back to %(name)s yet: each Route says why.",
    "nothing-to-bring-back": "Every Route has the weights of normal times.",
    "not-stable-yet": "%(cluster)s answers since %(for_s)s s only: wait until it has for %(needs_s)s s.",
    "cluster-emptied-too": "Its cluster %(cluster)s is being emptied too: fail that back first.",
    "writer-comes-back-by-hand": "It has a single writer, and a ramp would make two of them. Fence the one that serves "
    "it now, then move it on its page.",
    "cluster-emptied": "Users leave %(cluster)s: %(why)s",
    "cluster-back": "Users come back to %(cluster)s: %(why)s",
    "prod-emptied": "Users leave %(prod)s: %(why)s",
    "prod-back": "Users come back to %(prod)s: %(why)s",
    "left-for-good": "%(prod)s leaves for good with run %(run)s.",
}
