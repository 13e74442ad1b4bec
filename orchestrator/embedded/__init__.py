"""PostgreSQL, Valkey and all of Drover's processes on one machine, for the demo and for tests.

Nothing here is needed in production, and nothing outside imports it but tests.
"""
