"""The objects of one cluster with their history: what etcd and the watch cache are to a real one.

Knows keys, resource versions and commits; knows nothing of HTTP or of what a kind means.
"""
