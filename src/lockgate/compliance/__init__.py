"""What a model's papers say, and which rules they answer."""
