"""How the API knows who asks, what they may do, and how it says no."""
