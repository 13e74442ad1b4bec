"""People who use what the clusters serve: a process of its own that sends requests as tenants all the time.

It knows hostnames and gateways, and shares nothing with the fleet but HTTP.
"""
