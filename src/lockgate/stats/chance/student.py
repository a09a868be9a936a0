"""Student's law, and how many clusters of rows it asks for."""

from lockgate.stats.checks import Floats

LEAST_CLUSTERS = 10
"""A group of fewer clusters says nothing about how its clusters differ."""


def student(scores: Floats, degrees: Floats) -> Floats:
    """Normal scores as Student's of some degrees of freedom (Cornish–Fisher; Abramowitz and Stegun 26.7.5)."""
    square = scores * scores
    terms = (
        (square + 1) / 4,
        ((5 * square + 16) * square + 3) / 96,
        (((3 * square + 19) * square + 17) * square - 15) / 384,
        ((((79 * square + 776) * square + 1482) * square - 1920) * square - 945) / 92160,
    )
    found: Floats = scores * (1 + sum(term / degrees**power for power, term in enumerate(terms, start=1)))
    return found
