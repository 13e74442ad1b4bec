"""Planning and deciding: values in, values out. No Django, no I/O, no clock.

A plan is frozen and sorted; `decide` says what one pass over a Run may do next.
"""
