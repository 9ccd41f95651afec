"""Who a face is, in words: `seed:7`, `age=60,gender=female,ancestry=asian`."""

from functools import lru_cache
from typing import Final

import numpy as np

from msmd.core.errors import MsmdError
from msmd.face.identity import ANCESTRIES, GENDERS, Person, describe_person, draw_person, wear
from msmd.face.rig import Rig, load_rig

DEFAULT: Final = "default"
_KEYS: Final = ("age", "gender", "ancestry", "seed")
GRAMMAR: Final = (
    'words are "default", "seed:7", or any of age=18..90, gender=female|male|neutral or 0..1, '
    f"ancestry={'|'.join(ANCESTRIES)} or a mixture such as asian+african, and seed=N, joined by commas"
)


@lru_cache(maxsize=8)
def face_of(words: str = DEFAULT) -> Rig:
    """The rig with the face that the words describe; `read_face` says what they may be."""
    person = read_face(words)
    return load_rig() if person is None else wear(load_rig(), person)


def read_face(words: str) -> Person | None:
    """The person that words describe; None for the rig itself.

    A seed draws what the words do not say; without one, that is average: 30 years, between the genders, an
    even mixture, no details.

    Raises:
        MsmdError: words that are not of the grammar.
    """
    given: dict[str, str] = {}
    for item in words.strip().lower().split(","):
        key, separator, value = item.strip().replace(":", "=", 1).partition("=")
        if key == DEFAULT and not separator and words.strip().lower() == DEFAULT:
            return None
        if key not in _KEYS or not value.strip():
            raise MsmdError(f"face {item.strip()!r} is not understood: {GRAMMAR}.")
        if key in given:
            raise MsmdError(f"face {words!r} says {key} twice.")
        given[key] = value.strip()
    seed = _seed(given["seed"]) if "seed" in given else None
    drawn = None if seed is None else draw_person(np.random.default_rng(seed))
    age = _number("age", given["age"]) if "age" in given else (drawn.age_years if drawn else 30.0)
    gender: float | str = drawn.male if drawn else "neutral"
    if "gender" in given:
        gender = given["gender"] if given["gender"] in GENDERS else _number("gender", given["gender"])
    ancestry: dict[str, float] | None = dict(zip(ANCESTRIES, drawn.ancestry, strict=True)) if drawn else None
    if "ancestry" in given:
        ancestry = dict.fromkeys([kind.strip() for kind in given["ancestry"].split("+")], 1.0)
    return describe_person(age, gender, ancestry, seed)


def _number(key: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise MsmdError(f"face {key}={text!r} is not understood: {GRAMMAR}.")
    return value


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise MsmdError(f"face seed {text!r} is not a whole number from 0 on.")
    return int(text)
