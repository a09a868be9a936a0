"""Personal data and secrets: what they look like, and where they stand. What was found is never handed on."""
