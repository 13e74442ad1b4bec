"""Filters and tags of the pages: badges, times, sentences. They shape values and read nothing."""
