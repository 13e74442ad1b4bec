"""The API server of one cluster: REST paths in, store commits out.

`server` takes requests; the other modules answer one kind of question each. Nothing here waits
between looking at an object and changing it, so each request is atomic.
"""
