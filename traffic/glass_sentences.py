"""What the Reasons of the state file and of the way back from break-glass say, in English."""

SENTENCES: dict[str, str] = {
    "state-file-written": "The state file for break-glass is written again.",
    "state-file-not-written": "The state file for break-glass cannot be written: %(error)s.",
    "router-broke": "Drover itself broke at this router: %(error)s.",
    "state-file-unreadable": "%(path)s cannot be read: %(error)s.",
    "state-file-foreign": "This is no state file of Drover.",
    "state-file-newer": "This state file has the format %(format)s; this Drover knows those up to %(known)s. Use the "
    "Drover that wrote it.",
    "state-file-unknown-field": "This state file was written by a newer Drover: %(field)s is not known here. Use that "
    "Drover.",
    "state-file-truncated": "This state file is not whole: its end is missing. Take another copy.",
    "state-file-of-another-key": "This state file was signed with another DROVER_SECRET_KEY: give the key of the "
    "Drover that wrote it.",
    # What routers show beyond what is asked.
    "shown-not-fresh": "What %(router)s shows of the Route %(route)s was not read back just now, so it is not taken "
    "over.",
    "routers-disagree": "Two routers show other weights of the Route %(route)s at the same epoch %(epoch)s: set its "
    "weights by hand.",
    "shown-not-usable": "What %(router)s shows of the Route %(route)s cannot be asked for: set its weights by hand.",
    "shown-moved-on": "What the router %(router)s shows is not what you have read. Look at it again, then decide.",
    "nothing-to-adopt": "The router %(router)s shows nothing newer than what is asked that could be taken over.",
    "weights-adopted": "Taken over from what the router %(router)s showed, by %(by)s: %(why)s",
    "cluster-emptied-outside": "Its users were moved away without Drover, as the router %(router)s shows: they come back by "
    "a failback.",
    "routes-adopted": "What the router %(router)s showed of %(routes)s Routes was taken over: %(why)s",
    "state-file-tampered": "This state file was changed after it was signed: do not use it.",
}
