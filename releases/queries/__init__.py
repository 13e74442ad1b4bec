"""Page reads: each function answers one frozen value that a page or fragment shows, in a constant
number of queries. Templates start none.
"""
