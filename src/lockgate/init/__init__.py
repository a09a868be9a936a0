"""`lockgate init`: looks at a model and its data, and writes a policy that fits them."""

from lockgate.init.policy import InitResult, write_policy

__all__ = ["InitResult", "write_policy"]
