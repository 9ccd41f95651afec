"""Many faces for one animation: people by age, gender, ancestry and a seed, on the topology of the rig.

A face is a mixture of the rig's identities (MakeHuman's people) plus about 130 details such as a humped nose,
drawn from a normal distribution each. Eyes stay balls, teeth keep their form, the lips meet at rest and the
lids meet in a blink, whatever the details say; the shapes are those of the rig otherwise.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Final

import numpy as np
from jaxtyping import Float32
from safetensors.numpy import load as load_safetensors

from msmd.core.errors import MsmdError
from msmd.face.complexion import LOOK, complexion_of
from msmd.face.identity_fit import fit_shapes, keep_parts_whole, meet_lips
from msmd.face.rig import Rig

ANCESTRIES: Final = ("african", "asian", "caucasian")
GENDERS: Final[Mapping[str, float]] = {"female": 0.0, "neutral": 0.5, "male": 1.0}
YOUNGEST_YEARS, OLDEST_YEARS = 18.0, 90.0
_YOUNG_YEARS: Final = 25.0
"""Age of the rig's young identities; the old ones are `OLDEST_YEARS`."""

_MOST_DEVIATIONS: Final = 2.2
"""Details beyond so many standard deviations are drawn anew: nobody should be a caricature."""


@dataclass(frozen=True)
class Person:
    """Who a face is.

    Attributes:
        age_years: 18 to 90.
        male: 0 is a woman's face, 1 a man's.
        ancestry: shares of `ANCESTRIES`, which add up to 1.
        details: weight of each of `detail_names()`; 1 is extreme. Empty: none.
        look: deviates of colours, see `face.complexion`. Empty: the average of the kind.
    """

    age_years: float
    male: float
    ancestry: tuple[float, ...]
    details: tuple[float, ...] = ()
    look: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not YOUNGEST_YEARS <= self.age_years <= OLDEST_YEARS:
            raise MsmdError(
                f"a face of {self.age_years:g} years cannot be made; ages from {YOUNGEST_YEARS:g} to "
                f"{OLDEST_YEARS:g} can."
            )
        if not 0 <= self.male <= 1:
            raise MsmdError(f"gender {self.male:g} is not between 0 (female) and 1 (male).")
        if len(self.ancestry) != len(ANCESTRIES) or min(self.ancestry) < 0 or sum(self.ancestry) <= 0:
            raise MsmdError(f"ancestry needs {len(ANCESTRIES)} shares that are not negative: {ANCESTRIES}.")


def random_identity(rig: Rig, rng: np.random.Generator, variety: float = 0.7) -> Rig:
    """The rig as a random adult: any age, gender and ancestry, every detail, a little asymmetry.

    Args:
        rig: as `load_rig` gives it.
        rng: the same state gives the same face.
        variety: how far details go from the average; beyond 1 faces become caricatures.
    """
    return wear(rig, draw_person(rng, variety))


def make_identity(
    rig: Rig,
    age: float = 30.0,
    gender: float | str = "neutral",
    ancestry: str | Mapping[str, float] | None = None,
    seed: int | None = None,
) -> Rig:
    """The rig as somebody named by words and numbers; the same words give the same face.

    Args:
        rig: as `load_rig` gives it.
        age: years, 18 to 90.
        gender: "female", "male", "neutral", or a number from 0 (female) to 1 (male).
        ancestry: one of `ANCESTRIES`, or shares of several; None is an even mixture.
        seed: of the details; None has none of them and gives the average face of its kind.

    Raises:
        MsmdError: a word or number outside of these.
    """
    return wear(rig, describe_person(age, gender, ancestry, seed))


def describe_person(
    age: float = 30.0,
    gender: float | str = "neutral",
    ancestry: str | Mapping[str, float] | None = None,
    seed: int | None = None,
) -> Person:
    """The person that `make_identity` puts on."""
    if isinstance(gender, str):
        if gender not in GENDERS:
            raise MsmdError(f"gender {gender!r} is unknown: give {', '.join(GENDERS)} or a number 0 to 1.")
        gender = GENDERS[gender]
    if isinstance(ancestry, str):
        ancestry = {ancestry: 1.0}
    shares = dict.fromkeys(ANCESTRIES, 1.0) if ancestry is None else dict(ancestry)
    unknown = set(shares) - set(ANCESTRIES)
    if unknown:
        raise MsmdError(f"ancestry {sorted(unknown)[0]!r} is unknown: give {', '.join(ANCESTRIES)}.")
    total = sum(shares.values())
    mixture = tuple(shares.get(name, 0.0) / total if total > 0 else 0.0 for name in ANCESTRIES)
    if seed is None:
        return Person(float(age), float(gender), mixture)
    # the same face as the seed's random person has, where nothing else is said of it
    drawn = draw_person(np.random.default_rng(seed))
    return Person(float(age), float(gender), mixture, drawn.details, drawn.look)


def draw_person(rng: np.random.Generator, variety: float = 0.7) -> Person:
    """A random adult; genders and ancestries are mostly plain, sometimes mixed."""
    mixture = rng.dirichlet(np.full(len(ANCESTRIES), 0.35))
    return Person(
        float(rng.uniform(YOUNGEST_YEARS, 80)),
        float(rng.beta(0.4, 0.4)),
        tuple((mixture / mixture.sum()).tolist()),
        _draw_details(rng, variety),
        tuple(rng.standard_normal(len(LOOK)).clip(-_MOST_DEVIATIONS, _MOST_DEVIATIONS).tolist()),
    )


def wear(rig: Rig, person: Person) -> Rig:
    """A rig, as `load_rig` gives it, with the face of a person."""
    moved = rig.neutral.astype(np.float64)
    old = max(person.age_years - _YOUNG_YEARS, 0) / (OLDEST_YEARS - _YOUNG_YEARS)
    total = sum(person.ancestry)
    for kind, share in zip(ANCESTRIES, person.ancestry, strict=True):
        for sex, of_sex in (("male", person.male), ("female", 1 - person.male)):
            for stage, of_stage in (("young", 1 - old), ("old", old)):
                index = rig.identity_names.index(f"{kind}-{sex}-{stage}")
                moved += share / total * of_sex * of_stage * rig.identities[index]
    for weight, sides in zip(person.details, _details().sides, strict=False):
        vertices, deltas = sides[int(weight > 0)]
        moved[vertices] += abs(weight) * deltas
    neutral = meet_lips(rig, keep_parts_whole(rig, moved)).astype(np.float32)
    shares = {kind: share / total for kind, share in zip(ANCESTRIES, person.ancestry, strict=True)}
    return replace(
        rig,
        neutral=neutral,
        shapes=fit_shapes(rig, neutral),
        complexion=complexion_of(shares, person.age_years, person.male, person.look),
    )


def detail_names() -> tuple[str, ...]:
    """Names of the details, each after its positive side: nose/nose-hump-incr."""
    return _details().names


@dataclass(frozen=True)
class _Details:
    """names; spread (D,); sides: (vertices, deltas in mm) of each detail, its negative and positive one."""

    names: tuple[str, ...]
    spread: Float32[np.ndarray, "details"]
    sides: tuple[tuple[tuple[np.ndarray, np.ndarray], ...], ...]


@cache
def _details() -> _Details:
    assets = resources.files("msmd.face").joinpath("assets")
    card = json.loads(assets.joinpath("identity.json").read_text(encoding="utf-8"))
    tensors = load_safetensors(assets.joinpath("identity.safetensors").read_bytes())
    ends = tensors["ends"].astype(int)
    pieces = [
        (tensors["vertices"][start:end].astype(int), tensors["deltas"][start:end].astype(np.float64))
        for start, end in zip([0, *ends[:-1]], ends, strict=True)
    ]
    sides = tuple(zip(pieces[::2], pieces[1::2], strict=True))
    return _Details(tuple(card["details"]), tensors["spread"], sides)


def _draw_details(rng: np.random.Generator, variety: float) -> tuple[float, ...]:
    spread = _details().spread
    deviations = rng.standard_normal(len(spread))
    while (far := np.abs(deviations) > _MOST_DEVIATIONS).any():
        deviations[far] = rng.standard_normal(far.sum())
    return tuple((variety * deviations * spread).tolist())
