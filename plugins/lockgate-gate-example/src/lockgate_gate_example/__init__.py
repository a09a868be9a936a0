"""A gate for Lockgate from an outside package."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from pydantic import Field

from lockgate import Evidence, Example, Measurement, Metric, Missing, Needs, Params, Status


class Settings(Params):
    """Settings of the gate."""

    expected: tuple[str, ...] = Field((), description="classes that must occur; one that does not has a share of 0")


class LabelBalance:
    """How evenly the classes of the label are spread.

    What it checks
    --------------
    The share of the rarest class among the rows that have a label, and the number of classes. A class of `expected`
    that no row has counts with a share of 0.

    Why it matters
    --------------
    A validation set that nearly lost a class still gives numbers, but no longer says anything about that class.

    How to mend a failure
    ---------------------
    Look at how the set was drawn: a join, a filter or a time window often drops one class. Draw it again, stratified.
    """

    api: ClassVar[int] = 1
    dimension: ClassVar[str] = "data"
    params = Settings
    needs: ClassVar[Needs] = Needs(data="validation")
    metrics: ClassVar[Mapping[str, Metric]] = {
        "smallest_class": Metric(
            direction="higher", meaning="share of the rarest class among the labelled rows", low=0, high=1, unit="share"
        ),
        "classes": Metric(direction="neither", meaning="number of different classes", low=0),
    }
    libraries: ClassVar[Sequence[str]] = ("lockgate-gate-example",)
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="two classes, one half as frequent",
            policy="metrics: {smallest_class: {min: 30%}}",
            status=Status.PASS,
            data={"bought": ["yes", "no", "no"] * 10},
            roles="{label: bought}",
        ),
        Example(
            name="an expected class has gone",
            policy="{expected: ['yes', 'no', 'returned'], metrics: {smallest_class: {min: 1%}}}",
            status=Status.FAIL,
            data={"bought": ["yes", "no", "no"] * 10},
            roles="{label: bought}",
        ),
        Example(
            name="no row has a label",
            policy="metrics: {smallest_class: {min: 30%}}",
            status=Status.ERROR,
            data={"bought": [None, None, None], "age": [30, 40, 50]},
            roles="{label: bought}",
        ),
    )

    def measure(self, params: Settings, evidence: Evidence) -> Iterator[Measurement | Missing]:
        """Count the classes of the label."""
        if evidence.label is None:
            yield from (Missing(metric=name, reason="the policy names no `data.label`") for name in self.metrics)
            return
        counts = evidence.data.counts((evidence.label,))
        found = {str(key[0]): int(n) for key, n in zip(counts.keys, counts.counts, strict=True) if key[0] is not None}
        rows = sum(found.values())
        if rows == 0:
            yield from (Missing(metric=name, reason="no row has a label", rows=0) for name in self.metrics)
            return
        shares = {**dict.fromkeys(params.expected, 0), **found}
        yield Measurement(metric="smallest_class", value=min(shares.values()) / rows, rows=rows)
        yield Measurement(metric="classes", value=float(len(found)), rows=rows)
