"""The loop: wakes, one pass over one Run, acts and their answers.

`advance` is a transaction without I/O; acts run outside any transaction and answer by compare-and-set.
"""
