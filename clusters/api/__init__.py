"""The REST API of Prods and Versions."""
