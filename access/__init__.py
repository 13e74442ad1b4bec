"""Who may do what: people, roles, API tokens and the one permission table.

Knows the journal, and nothing of Clusters or Runs.
"""
