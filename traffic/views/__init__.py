"""Pages of traffic. A view loads and authorises, checks the form, makes one change, and answers."""
