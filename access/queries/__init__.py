"""Page reads about people, tokens and roles: no writes, a constant number of queries each."""
