"""A fleet of simulated Kubernetes clusters in one process, spoken to over plain HTTP only.

Nothing here imports the rest of the project, and nothing of the project imports this package
(tests use `simulator.testing`, which talks to a child process). See docs/simulator.md.
"""
