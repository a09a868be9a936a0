"""`lockgate plan`: how many rows a policy's margins need, and which margins the rows that are there can hold."""

from lockgate.plan.make import make_plan

__all__ = ["make_plan"]
