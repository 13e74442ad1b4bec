"""The loop's writes to traffic: weights change in rows first, then every router instance is brought to them.
A message only wakes a publisher; what it publishes is what the rows say when it looks."""
