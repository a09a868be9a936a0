"""What a model leans on: shares of attribution, how they agree, and what the columns under them tell."""
