"""Models in a process of their own: how one is started, spoken with, believed and ended."""
