"""Presidio beside the own engine: recognisers of its own, and names and places where a spaCy model is installed.

Nothing is downloaded: without a language model it runs on a blank pipeline, and domains are told by the built-in list.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from lockgate.errors import GateError
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

_MODELS = (
    "{}_core_web_lg",
    "{}_core_news_lg",
    "{}_core_web_md",
    "{}_core_news_md",
    "{}_core_web_sm",
    "{}_core_news_sm",
)

_FIX = "pip install 'lockgate[presidio]', or leave `engine` out"


class WithPresidio:
    """The own engine, and Presidio's recognisers on every text. Implements `detect.Finder`."""

    def __init__(self, own: Detector, analyzer: Any, confidence: float, language: str, names: Sequence[str]) -> None:
        self._own = own
        self._analyzer = analyzer
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

    def find(self, texts: Texts, *, column: str | None = None, numbers: bool = False) -> list[Found]:
        """What stands in some texts, by either engine; of those that overlap the one that is believed most."""
        found = self._own.find(texts, column=column, numbers=numbers)
        if numbers or not self._wanted:
            return found
        context = None if column is None else spaced(column).split()
        for place in range(len(texts)):
            try:
                results = self._analyzer.analyze(
                    text=texts.text(place),
                    language=self._language,
                    entities=list(self._wanted),
                    score_threshold=self._confidence,
                    context=context,
                )
            except Exception as error:  # noqa: BLE001 (of any kind, and its words may repeat the text)
                what = f"Presidio broke ({type(error).__name__})"
                raise GateError(what, where="engine: presidio", fix="leave `engine` out") from None
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
        return apart(found)


def with_presidio(own: Detector, confidence: float, language: str, names: Sequence[str]) -> Finder:
    """The own engine with Presidio beside it.

    Raises:
        GateError: Presidio is not installed, or knows no recogniser for the language.
    """
    try:
        import spacy
        import tldextract
        from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
        from presidio_analyzer.nlp_engine import NlpEngineProvider, SpacyNlpEngine
    except ImportError as error:
        raise GateError(f"Presidio cannot be imported: {error}", where="engine: presidio", fix=_FIX) from error
    # Its recogniser of e-mail addresses asks for the list of public suffixes; the built-in one does.
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    model = next((name for pattern in _MODELS if spacy.util.is_package(name := pattern.format(language))), None)
    if model is not None:
        settings = {"nlp_engine_name": "spacy", "models": [{"lang_code": language, "model_name": model}]}
        engine = NlpEngineProvider(nlp_configuration=settings).create_engine()
    else:
        engine = SpacyNlpEngine(models=[{"lang_code": language, "model_name": "blank"}])
        engine.nlp = {language: spacy.blank(language)}
    registry = RecognizerRegistry(supported_languages=[language])
    registry.load_predefined_recognizers(languages=[language], nlp_engine=engine if model is not None else None)
    if model is None:
        registry.remove_recognizer("SpacyRecognizer")
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=[language])
    return WithPresidio(own, analyzer, confidence, language, names)
