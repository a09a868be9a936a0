"""The candidate against the champion on the same rows."""
