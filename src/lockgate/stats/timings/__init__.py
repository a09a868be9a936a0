"""How long something takes: laws of quantiles of repeated calls, and of two things timed in turn."""
