"""Who is served where: Tenants, Routes and their members.

Knows clusters; knows nothing of releases.
"""
