"""Results of other tools: read from their files as cases and numbers, whatever the format."""
