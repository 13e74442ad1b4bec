"""Pages of what exists. Each loads and authorises, checks a form, makes one change, and redirects."""
