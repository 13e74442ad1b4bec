"""Pages. A view has four beats: load and authorise, check the form, one change, redirect."""
