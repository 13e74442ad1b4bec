"""What each Reason says to the person who has to act on it: what, where, what to do.

Parameters are `%(name)s`; a literal percent sign is `%%`.
"""

_CLASSES = {
    "test-prod": "Test Prod: it meets the Version first.",
    "few-users": "Few users: load %(load)s is below %(limit)s.",
    "redundant-users": "All of its %(tenants)s tenants are also served from another failure domain.",
    "single-users": "Load %(load)s; on %(routes)s of its Routes nobody in another failure domain serves.",
    "standby-prod": "Standby: it keeps the old Version longest, so that there is somewhere to go back to.",
    "within-percent": "With its load of %(load)s the release is still within %(percent)s %% of all load.",
    "has-label": "Its label %(label)s is %(value)s.",
    "has-no-listed-label": "Its label %(label)s has none of the listed values, so it comes last.",
    "asked-for": "To be built with %(version)s.",
    "goes-back": "Back to %(version)s, which it ran before run %(run)s or which is proven.",
    "nobody-on-old-version": "Once wave %(wave)s has started, no Prod is left that serves on a Version before "
    "%(version)s. From then on going back means deploying again.",
    "has-old-prod-again": "Its place is changed back: %(prods)s.",
    "nobody-goes-at-once": "As things are now, a rollback after wave %(wave)s sends nobody to a good Prod at once: users "
    "stay until their Prods are deployed again.",
}

_WAITING = {
    "waits-for-wave": "Waits until wave %(wave)s is done.",
    "waits-for-gate": "Waits for the gate %(gate)s in front of wave %(wave)s.",
    "awaits-approval": "Waits for an approval before wave %(wave)s: approve it, or abort the run.",
    "waits-for-approval": "Has %(approved)s of %(needed)s approvals. The author of the run cannot give one.",
    "waits-for-route": "Waits for the Route %(route)s: another run has a member of it out.",
    "route-overlooked": "About to look again: the Route %(route)s, which it serves, was not looked at.",
    "waits-for-partner": "Waits for %(partner)s, which is out: both serve the Route %(route)s and are never "
    "out together.",
    "partner-not-healthy": "Has to stay in service: its partner %(partner)s on the Route %(route)s is not "
    "known to serve. Repair %(partner)s first.",
    "wave-limit": "Waits for its turn: the wave has at most %(limit)s under way at once.",
    "wave-stopped": "Nothing new starts: %(failed)s failed in wave %(wave)s (%(prod)s first) where %(allowed)s "
    "may. Retry it, skip it, or roll back.",
    "waits-for-next-pass": "About to go on.",
    "waits-for-ready": "Waits until %(prod)s is ready.",
    "soaking": "Ready; watched for %(soak_s)s s with its users on it.",
    "soaking-prod": "Watches %(prod)s with its users on it.",
    "step-under-way": "%(step)s is under way on %(prod)s.",
    "run-paused": "The run is paused: it goes on when it is resumed.",
    "run-failed": "The run has failed: retry or skip what failed, abort, or roll back.",
    "pre-empted": "Pre-empted: run %(run)s has moved users or taken Prods back. What has begun goes on, nothing else begins before somebody "
    "has read how what is left is judged now, and resumes it.",
}

_ENDED = {
    "applied": "Applied. Objects: %(objects)s.",
    "approved": "Approved by %(approvals)s.",
    "soaked": "Stayed ready for %(soak_s)s s.",
    "stray-removed": "%(kind)s %(name)s was removed: an attempt that had been superseded made it.",
    "step-moved-on": "Step %(step)s has moved on since you looked: look again.",
    "tried-again": "Tried again: the attempt before it gave no answer.",
    "not-ready-in-time": "Not ready after %(waited_s)s s: %(why)s",
    "not-ready-after-soak": "Did not stay ready: %(why)s",
    "object-not-ours": "%(kind)s %(name)s belongs to %(owner)s, so it was left alone. Give it another name, or "
    "remove it.",
    "all-done": "Done. Prods: %(prods)s.",
    "run-stopping": "Given up because the run was aborted.",
    "step-failed": "%(prod)s failed at %(step)s: %(why)s",
    "gate-failed": "The gate %(step)s in front of wave %(wave)s said no: %(why)s",
    "step-aborted": "The step was given up.",
    "act-unanswered": "%(step)s gave no answer in %(tries)s attempts. Look at the cluster, then retry.",
}

_BLOCKERS = {
    "held": "Held by %(by)s: %(why)s",
    "line-stopped": "The line is stopped by %(by)s: %(why)s",
    "version-vetoed": "Version %(version)s is vetoed: %(why)s",
    "blueprint-unknown": "There is no Blueprint %(blueprint)s.",
    "version-unknown": "Blueprint %(blueprint)s has no Version %(version)s.",
    "too-many-excluded": "At most %(most)s Prods can be excluded.",
    "no-prods": "No Prod of %(blueprint)s is selected: there is nothing to do.",
    "secrets-missing": "%(prod)s lacks Secrets that the Blueprint needs: %(secrets)s. Create them in the "
    "namespace %(namespace)s (a new namespace needs the label drover.dev/prod=%(prod)s); it is looked again "
    "every few seconds.",
    "secrets-unknown": "Whether %(prod)s has the Secrets %(secrets)s is not known. If this stays, the observer "
    "may not `get` Secrets in the namespace %(namespace)s.",
    "images-missing": "Version %(version)s has no image for %(components)s. Create a Version that has all.",
    "claimed": "Belongs to run %(run)s: wait for its end, or end it.",
    "plan-stale": "The plan has changed since it was shown (%(shown)s, now %(now)s). Read the new one.",
    "prod-unknown": "There is no Prod %(prod)s of this Blueprint.",
    "exclude-twice": "%(prod)s is excluded twice.",
    "exclude-needs-reason": "Say why %(prod)s is excluded.",
}

_ROLLBACK = {
    "nothing-changed": "The run has changed no Prod: there is nothing to take back.",
    "no-rollback-of-rollback": "A rollback is not rolled back: release the Version that you want instead.",
    "rollback-declared-never": "Version %(version)s says that nobody can go back from it (its data would not "
    "fit). Fix forward with a new Version.",
    "nothing-to-go-back-to": "%(prod)s has never run another Version: it stays as it is.",
    "past-going-back": "%(prod)s cannot go back: it has done the step %(until)s, until which %(version)s "
    "allows it.",
    "no-version-to-go-back-to": "%(prod)s cannot go back: %(version)s is vetoed or is the bad one, and no other "
    "Version is proven and declared to share its data. Lift a veto, or release a new Version.",
    "changed-later": "%(prod)s stays as it is: run %(run)s has begun to change it since. If that is bad too, roll that run back "
    "as well.",
    "claimed-since": "%(prod)s stays as it is: run %(run)s has it now. Wait for its end or abort it, then roll back again.",
    "prod-gone": "%(prod)s is retired: there is nothing to take back.",
}

_STRATEGY = {
    "not-an-object": "A strategy is an object of fields.",
    "unknown-field": "There is no such field.",
    "field-needed": "This strategy needs this field.",
    "field-of-another-strategy": "Only the strategy %(strategy)s has this field.",
    "not-a-whole-number": "Give a whole number.",
    "not-a-whole-number-or-percent": 'Give a whole number, or a percentage such as "25%%".',
    "out-of-range": "Give a number from %(low)s to %(high)s.",
    "not-one-of": "Give one of: %(choices)s.",
    "not-a-short-text": "Give a text of 1 to %(limit)s printable characters.",
    "not-a-short-list": "Give a list of 1 to %(limit)s items.",
    "listed-twice": "A value is listed twice.",
    "not-rising-to-100": "Give percentages that rise, the last one 100.",
}

_PEOPLE = {
    "started-by-person": "Started: %(why)s",
    "pause-by-person": "Paused by %(by)s: %(why)s",
    "resume-by-person": "Resumed by %(by)s: %(why)s",
    "resumed-anew": "Resumed by %(by)s with plan %(digest)s, in which %(changes)s Prods are planned otherwise than before "
    "(%(held)s of them held back): %(why)s",
    "judged-anew": "Run %(run)s has moved users or taken Prods back since it was planned: %(changes)s Prods are planned otherwise now. Read "
    "that plan, and resume with its digest.",
    "changed-meanwhile": "%(prod)s stays as it is: run %(run)s has brought it to %(version)s meanwhile, or begun to (%(at)s).",
    "retired-meanwhile": "%(prod)s is left out: it is retired.",
    "abort-by-person": "Aborted by %(by)s: %(why)s",
    "retry-by-person": "Retried by %(by)s: %(why)s",
    "skip-by-person": "Skipped by %(by)s: %(why)s",
    "approve-by-person": "Approved by %(by)s: %(why)s",
    "lifted-by-person": "Lifted by %(by)s: %(why)s",
    "veto-lifted-by-person": "The veto on %(version)s was lifted by %(by)s: %(why)s",
    "stopped-by-person": "The line was stopped by %(by)s: %(why)s",
    "line-resumed-by-person": "The line was started again by %(by)s: %(why)s",
    "rolled-back": "Rolled back by %(by)s in run %(run)s: %(why)s",
    "held-by-rollback": "Held by the rollback in run %(run)s: %(why)s",
    "vetoed-by-person": "%(version)s was vetoed by %(by)s: %(why)s",
    "version-vetoed-already": "The Version is vetoed already.",
    "vetoed-by-rollback": "%(version)s was vetoed by the rollback in run %(run)s: %(why)s",
    "reason-needed": "Give a reason of %(least)s to %(most)s characters.",
    "run-unknown": "There is no run %(run)s.",
    "step-unknown": "Run %(run)s has no step %(step)s.",
    "step-not-failed": "Step %(step)s is %(state)s: only a failed one is retried.",
    "step-ended": "Step %(step)s is %(state)s: there is nothing left to skip.",
    "step-asks-nothing": "Step %(step)s is %(state)s: it asks for no approval now.",
    "four-eyes": "%(by)s started this run: somebody else has to approve it.",
    "already-approved": "%(by)s has approved it already: it takes another person.",
    "hold-not-standing": "Hold %(hold)s does not stand any more.",
    "version-not-vetoed": "The Version is not vetoed.",
    "line-already-stopped": "The line is stopped already.",
    "line-not-stopped": "The line is not stopped.",
    "run-not-running": "The run is %(state)s: only a running one is paused.",
    "run-not-paused": "The run is %(state)s: only a paused one is resumed.",
    "run-ended": "The run is %(state)s: nothing in it can be changed any more.",
    "run-already-stopping": "The run is stopping already: it ends when what runs has finished.",
    "nothing-failed": "Nothing in the run has failed: there is nothing to retry.",
    "nothing-to-skip": "Nothing in the run is left to skip.",
    "nothing-to-approve": "The run waits for no approval.",
    "already-rolled-back": "Run %(run)s has rolled it back already.",
    "all-changed-later": "Other runs have changed all of its Prods since, or have them now, and none of these is a release that could be "
    "pre-empted. Roll those back that are bad too; wait for the others, or abort them, then roll back.",
}

SENTENCES: dict[str, str] = {
    **_CLASSES,
    **_WAITING,
    **_ENDED,
    **_BLOCKERS,
    **_ROLLBACK,
    **_STRATEGY,
    **_PEOPLE,
}
