"""What happened, and telling it to whoever watches.

Bottom layer: Reasons, the Event log and the hints for open pages. Knows nothing of Clusters or Runs.
"""
