"""What exists and what we last saw of it: Clusters, Blueprints, Versions, Prods, Observations.

The only package that talks to Kubernetes. Knows nothing of traffic or releases.
"""
