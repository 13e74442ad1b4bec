"""The catalogue: what Drover says to people, found in its code, and how it is said in Japanese.

`python -m orchestrator.language` (`make messages`) brings `locale/` up to date. Running Drover needs only
the compiled file that Django reads; GNU gettext is needed for nothing.
"""
