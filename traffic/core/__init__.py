"""Load and redundancy as values in, values out. No Django, no I/O, no clock."""
