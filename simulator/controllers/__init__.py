"""What moves the objects of a cluster: one module per controller, woken by commits, never polling.

Each looks at the store, makes one step and writes; a further commit wakes it again.
"""
