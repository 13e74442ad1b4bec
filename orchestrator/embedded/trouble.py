"""What keeps the stack from starting, as one sentence for the person at the terminal."""


class Trouble(Exception):
    """Says what is wrong and what to do."""
