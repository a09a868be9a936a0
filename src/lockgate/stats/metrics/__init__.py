"""The metrics of a model's predictions, one number each: of two classes, of more, of numbers."""
