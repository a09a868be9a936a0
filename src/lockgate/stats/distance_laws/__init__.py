"""What chance shows of the distances of drift, and where their true values are."""
