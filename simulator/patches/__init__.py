"""How a body changes an object: JSON patch, merge, strategic merge and server-side apply.

Pure functions over JSON values; they know the shape of fields, not the meaning of kinds.
"""
