"""What the jobs that explain a model share. No jobs themselves."""
