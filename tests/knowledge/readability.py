"""How hard a text is to read: the Flesch-Kincaid grade for English and the Fernández-Huerta score for Spanish.

Flesch-Kincaid (Kincaid 1975): 0.39 words a sentence + 11.8 syllables a word - 15.59; a school grade, so that 6.9 is
still the sixth, of age 11 to 12. Fernández-Huerta (1959, in the corrected form of Law 2011): 206.84 - 60 syllables a
word - 1.02 words a sentence; from 70 "rather easy", again the sixth grade.
"""

from __future__ import annotations

import re
from itertools import pairwise

import syllapy

SENTENCE_END = re.compile(r"[.!?]+[”’»)]*(?:\s+|$)")
WORD = re.compile(r"[^\W_]+(?:[’'-][^\W_]+)*")
HARDEST_GRADE, LEAST_SCORE = 6.9, 70.0
SAID_IN_ENGLISH = {"B12": 2, "B1": 2, "B6": 2, "MMA": 3}
SAID_IN_SPANISH = {"B12": 3, "B1": 2, "B6": 2, "MMA": 5}
STRONG, STRESSED_WEAK = "aeoáéó", "íú"


def counts(text: str) -> tuple[int, list[str]]:
    """The sentences, by number, and the words."""
    sentences = [one for one in SENTENCE_END.split(text) if one.strip()]
    return len(sentences), WORD.findall(text)


def grade(text: str) -> float:
    sentences, words = counts(text)
    syllables = sum(english_syllables(word) for word in words)
    return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59


def score(text: str) -> float:
    sentences, words = counts(text)
    syllables = sum(spanish_syllables(word) for word in words)
    return 206.84 - 60 * syllables / len(words) - 1.02 * len(words) / sentences


def english_syllables(word: str) -> int:
    if word in SAID_IN_ENGLISH:
        return SAID_IN_ENGLISH[word]
    parts = [part for part in re.split(r"[’'-]", word) if part and part != "s"]
    return sum(max(1, int(syllapy.count(part))) for part in parts)


def spanish_syllables(word: str) -> int:
    """Spanish is written as it is spoken, so that vowels tell: two strong ones, or a stressed weak one, part."""
    if word in SAID_IN_SPANISH:
        return SAID_IN_SPANISH[word]
    letters = re.sub(r"([qg])u(?=[eiéí])", r"\1", word.lower())
    letters = re.sub(r"y\b", "i", letters)
    found = 0
    for run in re.findall(r"[aeiouáéíóúü]+", letters):
        found += 1
        for first, second in pairwise(run):
            both_strong = first in STRONG and second in STRONG
            found += both_strong or first in STRESSED_WEAK or second in STRESSED_WEAK
    return max(1, found)
