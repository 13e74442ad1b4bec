"""Words that nothing may be named by: in addresses they stand where its name would."""

PRODS = frozenset({"new", "live"})
CLUSTERS = frozenset({"new", "live"})
BLUEPRINTS = frozenset({"new", "check"})
VERSIONS = frozenset({"new"})
