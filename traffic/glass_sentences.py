"""What the Reasons of the state file and of the way back from break-glass say, in English."""

SENTENCES: dict[str, str] = {
    "state-file-written": "The state file for break-glass is written again.",
    "state-file-not-written": "The state file for break-glass cannot be written: %(error)s.",
    "state-file-unreadable": "%(path)s cannot be read: %(error)s.",
    "state-file-foreign": "This is no state file of Drover.",
    "state-file-newer": "This state file has the format %(format)s; this Drover knows those up to %(known)s. Use the "
    "Drover that wrote it.",
    "state-file-truncated": "This state file is not whole: its end is missing. Take another copy.",
    "state-file-of-another-key": "This state file was signed with another DROVER_SECRET_KEY: give the key of the "
    "Drover that wrote it.",
    "state-file-tampered": "This state file was changed after it was signed: do not use it.",
}
