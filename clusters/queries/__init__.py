"""Page reads about what exists: no writes, a constant number of queries each."""

from .ages import FactsAge, facts_age, read_facts_age
from .changes import FieldChange, read_changes

__all__ = ["FactsAge", "FieldChange", "facts_age", "read_changes", "read_facts_age"]
