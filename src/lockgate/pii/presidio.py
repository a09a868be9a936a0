"""Presidio beside the own engine: recognisers of its own, and names and places where a spaCy model is installed.

Nothing is downloaded: without a language model it runs on a blank pipeline, and domains are told by the built-in list.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from lockgate.errors import GateError
from lockgate.evidence.files import first_line
from lockgate.pii.detect import Detector, Finder, Found, apart
from lockgate.pii.entity import Entity
from lockgate.pii.names import spaced
from lockgate.pii.texts import Texts

PRESIDIOS: Mapping[str, str] = {
    "PERSON": "person_name",
    "LOCATION": "location",
    "NRP": "nationality_or_religion",
    "EMAIL_ADDRESS": "email",
    "PHONE_NUMBER": "phone",
    "CREDIT_CARD": "card",
    "IBAN_CODE": "iban",
    "US_SSN": "us_ssn",
    "US_PASSPORT": "us_passport",
    "US_DRIVER_LICENSE": "us_driver_license",
    "US_BANK_NUMBER": "us_bank_number",
    "UK_NHS": "uk_nhs",
    "IP_ADDRESS": "ip_address",
    "CRYPTO": "crypto_wallet",
    "MEDICAL_LICENSE": "medical_license",
}
"""Presidio's entities that are personal, and what they are called here; dates and addresses of pages are not."""

_GUESSED = ("PERSON", "LOCATION", "NRP")
"""What a language model alone tells, by how people write: single words of machines are names to it."""

_MODELS = (
    "{}_core_web_lg",
    "{}_core_news_lg",
    "{}_core_web_md",
    "{}_core_news_md",
    "{}_core_web_sm",
    "{}_core_news_sm",
)

_BELIEVED = 0.85
"""How far Presidio believes what a language model tells, always."""

_BATCH = 64
_FIX = "pip install 'lockgate[presidio]', or leave `engine` out"
_WHERE = "engine: presidio"


class WithPresidio:
    """The own engine, and Presidio's recognisers on every text. Implements `detect.Finder`."""

    def __init__(
        self,
        own: Detector,
        analyzer: Any,
        plain: Any,
        *,
        confidence: float,
        language: str,
        names: Sequence[str],
        note: str,
    ) -> None:
        self.note = note
        self._own = own
        self._analyzer = analyzer
        self._plain = plain
        self._confidence = confidence
        self._language = language
        known = set(analyzer.get_supported_entities(language))
        self._wanted = {
            theirs: Entity(name=ours, meaning=f"Presidio's {theirs}")
            for theirs, ours in PRESIDIOS.items()
            if theirs in known and (not names or ours in names)
        }
        taken = {entity.name for entity in own.entities}
        more = {entity.name: entity for entity in self._wanted.values() if entity.name not in taken}
        self.entities: Sequence[Entity] = (*own.entities, *more.values())

    def find(
        self, texts: Texts, *, column: str | None = None, numbers: bool = False, prose: bool = True
    ) -> list[Found]:
        """What stands in some texts, by either engine; of those that overlap the one that is believed most."""
        found = self._own.find(texts, column=column, numbers=numbers)
        asked = [theirs for theirs in self._wanted if prose or theirs not in _GUESSED]
        if numbers or not asked:
            return found
        context = None if column is None else spaced(column).split()
        engine = self._analyzer.nlp_engine if prose else self._plain
        held = [texts.text(place) for place in range(len(texts))]
        try:
            told = engine.process_batch(held, language=self._language, batch_size=_BATCH)
            for place, (text, artifacts) in enumerate(told):
                results = self._analyzer.analyze(
                    text=text,
                    language=self._language,
                    entities=asked,
                    score_threshold=self._confidence,
                    context=context,
                    nlp_artifacts=artifacts,
                )
                found += [
                    Found(
                        entity=self._wanted[result.entity_type],
                        text=place,
                        start=result.start,
                        end=result.end,
                        confidence=float(result.score),
                    )
                    for result in results
                ]
        except Exception as error:  # noqa: BLE001 (of any kind, and its words may repeat the text)
            what = f"Presidio broke ({type(error).__name__})"
            raise GateError(what, where=_WHERE, fix="leave `engine` out") from None
        return apart(found)


def with_presidio(own: Detector, confidence: float, language: str, names: Sequence[str]) -> Finder:
    """The own engine with Presidio beside it.

    Raises:
        GateError: Presidio is not installed, its language model breaks, spaCy does not know the language, or nothing
            here finds an entity that `names` asks for.
    """
    try:
        import spacy
        import tldextract
        from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
        from presidio_analyzer.nlp_engine import NlpEngineProvider, SpacyNlpEngine
    except ImportError as error:
        raise GateError(f"Presidio cannot be imported: {error}", where=_WHERE, fix=_FIX) from error
    # Its recogniser of e-mail addresses asks for the list of public suffixes; the built-in one does.
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    plain = SpacyNlpEngine(models=[{"lang_code": language, "model_name": "blank"}])
    try:
        plain.nlp = {language: spacy.blank(language)}
    except ImportError as error:
        what = f"spaCy does not know the language {language!r} here: {first_line(error)}"
        raise GateError(what, where=_WHERE, fix="mend `language`, or install what it needs") from error
    model = next((name for pattern in _MODELS if spacy.util.is_package(name := pattern.format(language))), None)
    registry = RecognizerRegistry(supported_languages=[language])
    if model is None:
        engine = plain
        registry.load_predefined_recognizers(languages=[language])
        registry.remove_recognizer("SpacyRecognizer")
    else:
        settings = {"nlp_engine_name": "spacy", "models": [{"lang_code": language, "model_name": model}]}
        try:
            engine = NlpEngineProvider(nlp_configuration=settings).create_engine()
        except (Exception, SystemExit) as error:  # of any kind: a model is a package with code of its own
            what = f"the spaCy model {model} cannot be opened: {type(error).__name__}: {first_line(error)}"
            fix = f"install {model} for spaCy {spacy.__version__}, or remove it"
            raise GateError(what, where=_WHERE, fix=fix) from error
        registry.load_predefined_recognizers(languages=[language], nlp_engine=engine)
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=[language])
    unseen = f"no spaCy model for {language!r} is installed" if model is None else ""
    if model is not None and confidence > _BELIEVED:
        unseen = f"`confidence` is over {_BELIEVED}, as far as they are believed"
    held = {PRESIDIOS[name] for name in analyzer.get_supported_entities(language) if name in PRESIDIOS}
    _check_found(held | {entity.name for entity in own.entities}, language, names, unseen)
    note = f"names and places in texts are not looked for: {unseen}" if unseen and not names else ""
    return WithPresidio(own, analyzer, plain, confidence=confidence, language=language, names=names, note=note)


def _check_found(held: Collection[str], language: str, names: Sequence[str], unseen: str) -> None:
    """See that something finds each entity that is asked for by name: what nobody looks for would be found nowhere.

    Raises:
        GateError: nothing finds one.
    """
    guessed = [name for name in names if unseen and name in map(PRESIDIOS.get, _GUESSED)]
    if guessed:
        fix = "install a spaCy model of the language, keep `confidence` to 0.85, or leave it out of `entities`"
        raise GateError(f"{guessed[0]} is not looked for in texts: {unseen}", where=_WHERE, fix=fix)
    unfound = [name for name in names if name not in held]
    if unfound:
        what = f"nothing finds {unfound[0]} in texts of the language {language!r}"
        raise GateError(what, where=_WHERE, fix="mend `language`, or leave it out of `entities`")
