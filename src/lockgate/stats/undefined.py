"""What a statistic raises when it has no value: never a silent number."""


class Undefined(ValueError):
    """The statistic has no value on this input; the message says why."""
