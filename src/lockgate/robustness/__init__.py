"""How a model's answers bear disturbed rows: rows that are perturbed, a model that is asked, what changed."""
