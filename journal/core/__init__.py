"""Values only: a Reason is a code with parameters. No Django, no I/O, no clock."""
