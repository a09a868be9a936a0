"""Presidio's default recognisers of English on a blank spaCy pipeline, each result that it gives by default."""

import spacy
import tldextract
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import SpacyNlpEngine

from privacy.peers.common import run

OURS = {
    "EMAIL_ADDRESS": "email",
    "PHONE_NUMBER": "phone",
    "CREDIT_CARD": "card",
    "IBAN_CODE": "iban",
    "IP_ADDRESS": "ip_address",
    "MAC_ADDRESS": "mac_address",
    "US_SSN": "us_ssn",
    "UK_NHS": "uk_nhs",
    "ES_NIF": "es_dni",
    "PL_PESEL": "pl_pesel",
    "FI_PERSONAL_IDENTITY_CODE": "fi_hetu",
    "IN_AADHAAR": "in_aadhaar",
    "AU_TFN": "au_tfn",
}

tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
engine = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": "blank"}])
engine.nlp = {"en": spacy.blank("en")}
registry = RecognizerRegistry(supported_languages=["en"])
registry.load_predefined_recognizers(languages=["en"])
registry.remove_recognizer("SpacyRecognizer")
analyzer = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])
known = [name for name in analyzer.get_supported_entities("en") if name in OURS]


def find(texts: list[str]) -> list[list[str]]:
    return [[OURS[r.entity_type] for r in analyzer.analyze(text=text, language="en", entities=known)] for text in texts]


if __name__ == "__main__":
    run(find, sorted(OURS[name] for name in known))
