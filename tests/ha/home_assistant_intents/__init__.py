"""In the place of the package of this name: the names that Home Assistant imports, and no sentences.

The real package holds Home Assistant's own sentences, which nothing of hearth may read. Without languages, Home Assistant's own
agent understands nothing; the agents that are tested here do not ask it.
"""
from dataclasses import dataclass
from enum import StrEnum


class ErrorKey(StrEnum):
    """Names of the errors that an agent can answer with."""

    NO_INTENT = "no_intent"
    HANDLE_ERROR = "handle_error"
    NO_AREA = "no_area"
    NO_FLOOR = "no_floor"
    NO_ENTITY = "no_entity"
    NO_ENTITY_IN_AREA = "no_entity_in_area"
    NO_ENTITY_IN_FLOOR = "no_entity_in_floor"


@dataclass
class FuzzyConfig:
    """Nothing to match loosely."""


@dataclass
class FuzzyLanguageResponses:
    """No answers."""


@dataclass
class LanguageScores:
    """No language is understood."""


def get_languages():
    return set()


def get_intents(language, json_load=None):
    return None


def get_fuzzy_language(language, json_load=None):
    return None


def get_fuzzy_config(json_load=None):
    return FuzzyConfig()


def get_language_scores():
    return {}
