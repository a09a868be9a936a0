"""How far two samples of a column lie apart: the distances of drift."""
