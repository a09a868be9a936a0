"""Where the true value of a model's metric is."""
