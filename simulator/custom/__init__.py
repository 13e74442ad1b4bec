"""Custom resources: definitions, and the kinds that follow from them.

`structural` knows OpenAPI v3 schemas, `columns` JSON paths, `resources` makes Kinds of a definition. All pure.
"""
