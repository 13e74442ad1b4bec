"""The REST API of releases and runs."""
