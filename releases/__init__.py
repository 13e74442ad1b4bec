"""Plans that change production: builds, releases and rollbacks, and the engine that runs them.

The top of the domain: knows traffic and clusters, and nothing knows it.
"""
