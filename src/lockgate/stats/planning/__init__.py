"""What a planned comparison can show on so many rows."""
