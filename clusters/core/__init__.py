"""Manifests, rendering, credentials and evidence as values in, values out.

No Django, no I/O, no clock.
"""
