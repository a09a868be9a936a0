"""`lockgate demo`: a complete small project on real data, to play with."""

from lockgate.demo.project import DemoProject, make

__all__ = ["DemoProject", "make"]
