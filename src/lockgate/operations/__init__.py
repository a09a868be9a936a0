"""What a model costs to run: time, memory, licences of what it imports."""
