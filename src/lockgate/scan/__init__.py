"""Looks at a model's bytes without opening it: what it is, what it would import, who signed it.

Nothing here imports a model's library, runs what a file holds, or writes what an archive holds.
"""
