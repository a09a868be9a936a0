"""What the names of columns and of classes tell, word by word."""

import re
from collections.abc import Mapping

LABELS = ("label", "target", "y", "class", "outcome", "y_true", "ground_truth", "truth")
"""Names that label columns commonly bear, best first; case does not count."""


def words_of(name: str) -> frozenset[str]:
    """The words of a name in lower case: `maritalStatus`, `marital-status` and `MARITAL_STATUS` hold the same."""
    parts = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return frozenset(word.lower() for word in re.split(r"[\W_]+", parts) if word)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


FIRST: Mapping[str, frozenset[str]] = {
    "sex": _set("sex gender sexe sexo geschlecht"),
    "race": _set("race races racial ethnicity ethnic ethnie raza rac1p colour color skin"),
    "age": _set("age ages agep"),
}
"""Attributes that nearly every law against discrimination names, and words that give them away in a column's name."""

SECOND = tuple(
    _set(words)
    for words in (
        *(
            "nationality",
            "citizen",
            "citizenship",
            "cit",
            "foreign",
            "foreigner",
            "immigrant",
            "immigration",
            "migrant",
        ),
        *(
            "native country",
            "birth country",
            "origin country",
            "national origin",
            "birth place",
            "birthplace",
            "nativity",
        ),
        *("marital", "married", "marriage", "mar", "personal status", "civil status", "family status"),
        *("religion", "religious", "faith", "disability", "disabled", "disabilities", "handicap", "dis", "veteran"),
        *("pregnant", "pregnancy", "sexual orientation", "caste"),
    )
)
"""Further ones: all the words of one entry must stand in the name."""

_AGE_OF_THINGS = _set("account building car company credit device house loan machine policy property vehicle")
_COLOURS = _set("colour color")
_ID = _set("id uuid guid rowid identifier")
_INDEX = _set("__index_level_0__ index")
_WEIGHT = _set("sample_weight sample_weights instance_weight case_weight survey_weight fnlwgt pwgtp perwt wgt")
_YES = _set(
    "1 yes y true t positive pos accepted approved bad churn churned default denied fraud granted malignant released"
    " sick spam"
)
_BAD = _set(
    "arrest arrested bad bankrupt cancer churn crime death deceased default defaulted delinquent denied died disease"
    " fraud illness malignant recid recidivism recidivist rejected risk sick spam toxic violent"
)


def names_first(attribute: str, name: str) -> bool:
    """Whether a column's name says that it is an attribute of `FIRST`; the age of a car or its colour is none."""
    words = words_of(name)
    telling = words & FIRST[attribute]
    if attribute == "age":
        return bool(telling) and not words & _AGE_OF_THINGS
    if telling and telling <= _COLOURS:
        return len(words) == 1
    return bool(telling)


def names_second(name: str) -> bool:
    """Whether a column's name says that it is a sensitive attribute of `SECOND`."""
    words = words_of(name)
    return any(entry <= words for entry in SECOND)


def names_id(name: str) -> bool:
    """Whether a column's name says that it identifies a row."""
    return bool(words_of(name) & _ID) or name.lower() in _INDEX or name == "Unnamed: 0"


def names_weight(name: str) -> bool:
    """Whether a column's name says that it is the weight of a row; plain `weight` may be in kilograms."""
    return name.lower() in _WEIGHT


def reads_like_yes(value: object) -> bool:
    """Whether a class reads like the positive one of two."""
    return str(value).strip().lower() in _YES


def reads_like_bad_news(name: str) -> bool:
    """Whether what a label or a class is called is nothing that people want for themselves."""
    return bool(words_of(name) & _BAD)
