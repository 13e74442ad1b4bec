"""How objects come to be, change and go: one way for requests and for controllers.

Knows kinds and the store; raises `simulator.errors.ApiError`; knows nothing of HTTP.
"""
