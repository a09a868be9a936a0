"""Statistics from arrays: no gates, no policies, no files."""
