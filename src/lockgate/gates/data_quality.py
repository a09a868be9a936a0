"""Data quality: whether the data keep their contract."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field, field_validator, model_validator

from lockgate.errors import EvidenceError, nearest
from lockgate.evidence.contract import (
    MOST_SHOWN,
    Broken,
    ColumnValues,
    Type,
    not_allowed,
    ordinal,
    out_of_range,
    pattern_mismatch,
    range_excess,
    repeated,
    wrong_type,
)
from lockgate.evidence.patterns import check_pattern
from lockgate.evidence.view import Evidence, Label, Source
from lockgate.gates.base import API, Example, Needs, Params
from lockgate.globs import Globs, matches
from lockgate.stats.chance.laws import exact
from lockgate.stats.undefined import Undefined
from lockgate.types import JSON, At, Condition, Measurement, Metric, Missing, Status

Limit: TypeAlias = int | Annotated[float, Field(allow_inf_nan=False)] | str
_LARGEST = 1e300  # a limit that no column of float64 can reach is a slip of the pen


class ColumnContract(Params):
    """What the values of a column must be. What is left out is not asked."""

    type: Type | None = Field(None, description="what each value is; a number column may hold whole numbers only")
    min: Limit | None = Field(
        None, description="smallest allowed number, or earliest time (ISO 8601, a date is its first moment)"
    )
    max: Limit | None = Field(
        None, description="greatest allowed number, or latest time (ISO 8601, a date is its first moment)"
    )
    allowed: Annotated[tuple[Label, ...], Field(min_length=1)] | None = Field(
        None, description="the values that may stand in it"
    )
    regex: str | None = Field(None, description="a regular expression (RE2) that each whole text must match")
    unique: Literal[True] | None = Field(None, description="no value may stand twice")
    required: Literal[True] | None = Field(None, description="the column must be there")

    @field_validator("regex")
    @classmethod
    def _is_a_pattern(cls, regex: str | None) -> str | None:
        if regex is not None:
            check_pattern(regex)
        return regex

    @field_validator("min", "max")
    @classmethod
    def _is_a_limit(cls, limit: Limit | None) -> Limit | None:
        if limit is not None and not abs(ordinal(limit)) < _LARGEST:
            raise ValueError("expected a number under 1e300")
        return limit

    @model_validator(mode="after")
    def _has_a_range(self) -> "ColumnContract":
        low, high = self.min, self.max
        if low is None or high is None:
            return self
        if isinstance(low, str) is not isinstance(high, str):
            raise ValueError("`min` and `max` are both numbers or both times")
        if ordinal(low) > ordinal(high):
            raise ValueError(f"`min` ({low}) is greater than `max` ({high}): no value can be in between")
        return self


class DataQualityParams(Params):
    """Settings of the data_quality gate."""

    columns: Mapping[str, ColumnContract] = Field(
        default_factory=dict, description="by column name or glob, what its values must be; the most specific wins"
    )


def _share(meaning: str, *asked_by: str) -> Metric:
    default = Condition(max=0) if asked_by else None
    return Metric(direction="lower", low=0, high=1, unit="share", meaning=meaning, asked_by=asked_by, default=default)


def _count(meaning: str) -> Metric:
    return Metric(direction="lower", low=0, meaning=meaning)


METRICS: Mapping[str, Metric] = {
    "nulls": _share("Share of the rows in which the value is missing."),
    "wrong_type": _share("Share of the values that are not of the column's `type`.", "type"),
    "out_of_range": _share("Share of the values under `min` or over `max`; infinite ones are outside.", "min", "max"),
    "range_excess": Metric(
        direction="lower",
        low=0,
        meaning="How far beyond `min` or `max` the farthest value lies, in widths of that range: shows a single row in"
        " another unit. Measured where both are given and differ.",
    ),
    "not_allowed": _share("Share of the values that are not among `allowed`.", "allowed"),
    "pattern_mismatch": _share("Share of the values that `regex` does not match as a whole.", "regex"),
    "duplicate_values": _share("Share of the values that repeat an earlier one.", "unique"),
    "absent": Metric(
        direction="lower",
        low=0,
        high=1,
        meaning="0 where the column is there; where it is not, an error that `tolerate` never excuses.",
        asked_by=("required",),
        default=Condition(max=0),
    ),
    "infinite": _share("Share of the numbers that are infinite."),
    "rows": Metric(direction="neither", low=0, unit="rows", meaning="Number of rows."),
    "duplicates": _share("Share of the rows that repeat an earlier one in all columns but the id."),
    "constant_columns": _count("Number of feature columns that hold one value only, missing ones aside."),
    "missing_columns": _count("Number of the reference's columns that the data do not hold."),
    "new_columns": _count("Number of columns that the reference does not hold."),
    "changed_types": _count(
        "Number of columns of another kind (number, category, boolean, time) than in the reference."
    ),
    "overlap": _share(
        "Share of the rows that also stand in the training data: by id or by all features and the label that both hold,"
        " whichever finds more."
    ),
}
"""All metrics that the gate measures, by name."""


class DataQuality:
    """Whether the data keep their contract.

    What it checks
    Each column against what the policy says of it: the type of its values, their range, the values that may stand in
    it, a pattern for texts, uniqueness, missing and infinite values. The data as a whole: how many rows, how many
    repeat another, how many columns hold one value only, whether columns came, went or changed their kind since the
    reference, and how many rows the model has already seen in training. Missing values count as missing alone: no
    other check looks at them.

    Every number is a fact about the rows at hand, and no estimate: a contract is about this file, of which no row
    remains unseen. So none has a margin of error, and a limit is kept or broken for certain, however few rows there
    are. What the source would deliver another day is another file and another check.

    Why it matters
    A model's quality measured on broken data says nothing. Ages in months, a decimal comma that turns numbers into
    text, a category spelt anew or rows that also stand in the training data all change the measured numbers, mostly
    without an error anywhere.

    How to mend a failure
    The finding names the column and the share of values that break its contract; its details name frequent ones.
    Mend the job that makes the data. If the new values are right, change the contract, and ask whether the model has
    ever seen such values. Rows that overlap with the training data belong out of the validation data.
    """

    api: ClassVar[int] = API
    dimension: ClassVar[str] = "data"
    params = DataQualityParams
    needs: ClassVar[Needs] = Needs(data="validation", reference="if_there", training="if_there")
    metrics: ClassVar[Mapping[str, Metric] | Callable[..., Mapping[str, Metric]]] = METRICS
    examples: ClassVar[Sequence[Example]] = (
        Example(
            name="ages and work classes as agreed",
            policy="""\
columns:
  age: {type: integer, min: 17, max: 100, nulls: {max: 0}}
  workclass: {allowed: [Private, State-gov], nulls: {max: 50%}}
rows: {min: 3}""",
            status=Status.PASS,
            data={"age": [17, 39, 52, 41], "workclass": ["Private", "State-gov", None, "Private"]},
        ),
        Example(
            name="ages in months, and a work class spelt anew",
            policy="""\
columns:
  age: {type: integer, min: 17, max: 100}
  workclass: {allowed: [Private, State-gov], not_allowed: {max: 10%}}""",
            status=Status.FAIL,
            data={"age": [204, 468, 624, 492], "workclass": ["private", "State-gov", "private", "private"]},
        ),
        Example(
            name="a contract about a column that is not there",
            policy="columns: {agee: {min: 17}}",
            status=Status.ERROR,
            data={"age": [17, 39, 52, 41]},
        ),
    )
    libraries: ClassVar[Sequence[str]] = ("lockgate", "numpy", "pyarrow")

    def measure(self, params: DataQualityParams, evidence: Evidence) -> Iterator[Measurement | Missing]:
        """Measure every column, then the data as a whole."""
        data = evidence.data
        features = frozenset(evidence.features)
        constant: dict[str, bool | None] = {}
        speaking = _speaking(params.columns)
        for name in data.schema:
            column = ColumnValues(name, data)
            yield from _measured(column, _contract(name, params.columns, speaking), evidence)
            if name in features and evidence.asks("constant_columns"):
                constant[name] = column.constant
        yield from _unmatched(params.columns, tuple(data.schema))
        yield _fact("rows", data.rows, rows=data.rows)
        if evidence.asks("duplicates"):
            yield _whole("duplicates", data, lambda: _duplicates(data, evidence.id))
        if evidence.asks("constant_columns"):
            yield _constant_columns(constant, evidence)
        yield from _schema(data, evidence.reference)
        if evidence.asks("overlap"):
            yield _whole("overlap", data, lambda: _overlap(evidence))


def _fact(
    metric: str, value: float, *, rows: int, at: At | None = None, details: Mapping[str, JSON] | None = None
) -> Measurement:
    """What is true of the rows at hand, without a margin of error."""
    return Measurement(
        metric=metric,
        value=float(value),
        at=at or At(),
        uncertainty=exact(float(value), rows),
        rows=rows,
        details=details or {},
    )


# --- the contract -----------------------------------------------------------------------------------------------------


def _speaking(contracts: Mapping[str, ColumnContract]) -> dict[str, Globs]:
    """The globs that say something of each setting."""
    return {
        setting: Globs(glob for glob, contract in contracts.items() if getattr(contract, setting) is not None)
        for setting in ColumnContract.model_fields
    }


def _contract(column: str, contracts: Mapping[str, ColumnContract], speaking: Mapping[str, Globs]) -> ColumnContract:
    """What the policy says of a column: each setting from the most specific glob that holds it."""
    settings = {}
    for setting, globs in speaking.items():
        glob = globs.best(column)
        settings[setting] = None if glob is None else getattr(contracts[glob], setting)
    return ColumnContract.model_construct(**settings)


def _unmatched(contracts: Mapping[str, ColumnContract], columns: tuple[str, ...]) -> Iterator[Measurement | Missing]:
    """What is asked of columns that are not there."""
    for glob, contract in contracts.items():
        if any(matches(column, glob) for column in columns):
            continue
        at = At(column=glob)
        guess = nearest(glob, columns)
        reason = f"no column matches {glob!r}" + (f"; did you mean {guess!r}?" if guess is not None else "")
        for name, metric in METRICS.items():
            if not any(getattr(contract, setting) is not None for setting in metric.asked_by):
                continue
            yield Missing(metric=name, reason=reason, at=at)


# --- one column -------------------------------------------------------------------------------------------------------


def _measured(column: ColumnValues, contract: ColumnContract, evidence: Evidence) -> Iterator[Measurement | Missing]:
    """Every metric that the column's kind has or its contract asks for."""
    yield _checked("nulls", column, lambda: (column.nulls, {}), of=column.rows)
    if column.kind == "number" and column.values and evidence.asks("infinite"):
        yield _checked("infinite", column, lambda: (column.distribution.infinite, {}))
    if contract.type is not None:
        type_ = contract.type
        yield _checked("wrong_type", column, lambda: wrong_type(column, type_))
    if contract.min is not None or contract.max is not None:
        yield _checked("out_of_range", column, lambda: out_of_range(column, contract.min, contract.max))
        low, high = contract.min, contract.max
        if low is not None and high is not None and ordinal(low) < ordinal(high) and evidence.asks("range_excess"):
            yield _checked("range_excess", column, lambda: range_excess(column, low, high), share=False)
    if contract.allowed is not None:
        allowed = contract.allowed
        yield _checked("not_allowed", column, lambda: not_allowed(column, allowed))
    if contract.regex is not None:
        regex = contract.regex
        yield _checked("pattern_mismatch", column, lambda: pattern_mismatch(column, regex))
    if contract.unique:
        yield _checked("duplicate_values", column, lambda: repeated(column))
    if contract.required:
        yield _fact("absent", 0, rows=column.rows, at=At(column=column.name))


def _checked(
    metric: str, column: ColumnValues, check: Callable[[], Broken], *, of: int | None = None, share: bool = True
) -> Measurement | Missing:
    """The share of a column's values (or of its rows) that break a rule; or the number itself."""
    at = At(column=column.name)
    try:
        total = column.values if of is None else of
        if not total:
            return Missing(metric=metric, reason="there are no values", at=at, rows=total)
        bad, details = check()
    except Undefined as reason:
        return Missing(metric=metric, reason=str(reason), at=at)
    except EvidenceError as error:  # of this column alone; the others are measured all the same
        return Missing(metric=metric, reason=f"{error.what}; {error.fix}", at=at)
    return _fact(metric, bad / total if share else bad, at=at, rows=total, details=details)


# --- the data as a whole ----------------------------------------------------------------------------------------------


def _whole(metric: str, data: Source, measure: Callable[[], Broken]) -> Measurement | Missing:
    """A share of all rows."""
    if not data.rows:
        return Missing(metric=metric, reason="there are no rows", rows=0)
    try:
        count, details = measure()
    except Undefined as reason:
        return Missing(metric=metric, reason=str(reason))
    except EvidenceError as error:
        return Missing(metric=metric, reason=f"{error.what}; {error.fix}")
    return _fact(metric, count / data.rows, rows=data.rows, details=details)


def _duplicates(data: Source, id_column: str | None) -> Broken:
    columns = tuple(name for name in data.schema if name != id_column)  # with an id no row would repeat another
    if not columns:
        raise Undefined("there is no column but the id")
    return data.rows - data.distinct_rows(columns), {}


def _overlap(evidence: Evidence) -> Broken:
    """Rows that stand in the training data too, by id and by what a model sees of them: new ids make no new rows."""
    training, data = evidence.training, evidence.data
    if training is None:
        raise Undefined("there is no training data: name data.training")

    def in_both(*columns: str | None) -> tuple[str, ...]:
        named = [column for column in columns if column is not None]
        return tuple(column for column in named if column in data.schema and column in training.schema)

    features = in_both(*evidence.features)
    ways = [in_both(evidence.id), (*features, *in_both(evidence.label)) if features else ()]
    found = [(data.shared_rows(training, columns), columns) for columns in ways if columns]
    if not found:
        names = ", ".join(map(repr, evidence.features[:MOST_SHOWN])) or "of any feature"
        raise Undefined(f"rows cannot be compared without the columns {names} in both data sets")
    shared, by = max(found, key=lambda way: way[0])
    return shared, {"by": [*by]}


def _constant_columns(constant: Mapping[str, bool | None], evidence: Evidence) -> Measurement | Missing:
    unknown = [name for name in evidence.features if constant.get(name) is None]
    if unknown or not evidence.features:
        why = f"these cannot be read: {', '.join(map(repr, unknown[:MOST_SHOWN]))}" if unknown else "there are none"
        return Missing(metric="constant_columns", reason=f"of the feature columns, {why}")
    names = [name for name, held in constant.items() if held]
    return _fact("constant_columns", len(names), rows=evidence.data.rows, details={"columns": [*names[:MOST_SHOWN]]})


def _schema(data: Source, reference: Source | None) -> Iterator[Measurement | Missing]:
    names = ("missing_columns", "new_columns", "changed_types")
    if reference is None:
        yield from (Missing(metric=name, reason="there is no reference data: name data.reference") for name in names)
        return
    here, there = data.schema, reference.schema
    found = (
        [column for column in there if column not in here],
        [column for column in here if column not in there],
        [column for column in here if column in there and here[column].kind != there[column].kind],
    )
    for name, columns in zip(names, found, strict=True):
        yield _fact(name, len(columns), rows=data.rows, details={"columns": [*columns[:MOST_SHOWN]]})
