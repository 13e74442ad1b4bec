"""What kinds of objects there are: names, defaults, validation, table columns.

One entry per kind in a module per API group; `registry.built_in()` gathers them. Adding a kind is one
`Kind(...)`; everything else (REST paths, discovery, patches, watches, tables) follows from it.
"""
