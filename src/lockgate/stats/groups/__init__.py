"""Rates and means of groups of rows, how far the groups stand apart, and what of that is chance."""
