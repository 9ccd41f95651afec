"""Phones -> the mouth: an opening of the lips in mm, and a shape of the lower face beside it.

The expression code of a mouth is split in two: how far the inner lips are apart, and all else,

    code = opening * opening_direction + shape,        lip gap of shape = 0,

where `opening_direction` is the change of the code that most likely goes with one more millimetre between
the lips. The two have their own dominances (`dominance.py`): the jaw and the lips do not keep the same time.
They are the two axes of JALI (Edwards et al. 2016), which a style scales one by one, and lips can be closed
exactly without touching their shape. All numbers are measured on a person (`training.fit_articulation`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import numpy as np
import torch
from jaxtyping import Float, Float32
from safetensors.torch import load as load_safetensors
from torch import Tensor

from msmd.audio.phone_network import PHONES
from msmd.core.units import MOTION_FPS
from msmd.face.lip_closure import lip_gap_direction
from msmd.face.readers.arkit_motion import code_of_arkit
from msmd.synthesis.performer.accents import mean_over
from msmd.synthesis.performer.closures import closing, tucking
from msmd.synthesis.performer.dominance import DominanceTable, Spans, share_frames, spans_of
from msmd.synthesis.performer.phones import VOWELS, TimedPhone
from msmd.synthesis.performer.style import expression_weights

USUAL_LOUDNESS: Final = 0.85
"""Of a vowel, in the measure of `audio.prosody`; louder ones open more."""

STRESS: Final = (0.9, 1.12)
"""Factor on the opening of vowels without and with the word's stress, where stress is known."""

VARIETY: Final = 0.10
"""Deviation of the logarithm of each phone's own opening and shape: nobody says it twice alike."""

_TUCK: Final = {"mouthRollLower": 0.6, "mouthUpperUp": 0.5, "mouthShrugLower": 0.13}
"""Added to the measured shape of f and v, in which a tracker sees little of the lower lip's edge. The lip
reaches the teeth at two thirds of it: the mean of a model that is half sure of an f is still one."""

_TUCKED_MM: Final = 1.2
"""Opening at f and v: what is left between upper lip and tucked lower lip, mm, at most."""


@dataclass(frozen=True)
class Articulation:
    """What one speaker's mouth does for each phone.

    Attributes:
        opening_mm: distance of the inner lips beyond rest.
        opening_dominance: of the openings.
        loudness_gain: share by which a vowel opens more for each unit of loudness.
        shapes: expression code without lip gap.
        shape_dominance: of the shapes.
        opening_direction: change of the expression code for 1 mm of opening.
    """

    opening_mm: Float[Tensor, "40"]
    opening_dominance: DominanceTable
    loudness_gain: float
    shapes: Float[Tensor, "40 64"]
    shape_dominance: DominanceTable
    opening_direction: Float32[np.ndarray, "64"]

    def tensors(self) -> dict[str, Tensor]:
        """For a file of safetensors."""
        tables = {"opening": self.opening_dominance, "shape": self.shape_dominance}
        named = {
            f"{name}.{key}": value for name, table in tables.items() for key, value in vars(table).items()
        }
        return named | {
            "opening_mm": self.opening_mm,
            "shapes": self.shapes,
            "loudness_gain": torch.tensor(self.loudness_gain),
            "opening_direction": torch.from_numpy(self.opening_direction),
        }


@cache
def load_articulation() -> Articulation:
    """The articulation that comes with the package."""
    data = (
        resources.files("msmd.synthesis.performer").joinpath("assets/articulation.safetensors").read_bytes()
    )
    tensors = load_safetensors(data)

    def table(prefix: str) -> DominanceTable:
        cut = len(prefix) + 1
        return DominanceTable(
            **{key[cut:]: value for key, value in tensors.items() if key.startswith(f"{prefix}.")}
        )

    return Articulation(
        opening_mm=tensors["opening_mm"],
        opening_dominance=table("opening"),
        loudness_gain=float(tensors["loudness_gain"]),
        shapes=tensors["shapes"],
        shape_dominance=table("shape"),
        opening_direction=tensors["opening_direction"].numpy(),
    )


@cache
def articulation_card() -> dict[str, object]:
    """What the numbers were measured on, with which error, and under which terms."""
    text = resources.files("msmd.synthesis.performer").joinpath("assets/articulation.json")
    return json.loads(text.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Mouth:
    """Attributes:
    opening_mm: of the inner lips beyond rest, never negative.
    shape: expression code of the rest, without lip gap.
    """

    opening_mm: Float32[np.ndarray, "frames"]
    shape: Float32[np.ndarray, "frames 64"]

    def code(self) -> Float32[np.ndarray, "frames 64"]:
        """Both together."""
        direction = load_articulation().opening_direction
        return (self.opening_mm[:, None] * direction + self.shape).astype(np.float32)


def articulate(
    phones: Sequence[TimedPhone],
    num_frames: int,
    prosody: Float32[np.ndarray, "frames 8"],
    *,
    jaw: float = 1.0,
    lips: float = 1.0,
    chance: np.random.Generator | None = None,
    articulation: Articulation | None = None,
) -> Mouth:
    """The mouth of every motion frame.

    Args:
        phones: of `phones.fill_silence`.
        num_frames: at 25 fps, from 0 s.
        prosody: of the sound, of `audio.prosody.prosody`.
        jaw, lips: scale of opening and of shape.
        chance: gives each phone a size of its own; None: all are the mean.
        articulation: whose; None: the package's.
    """
    own = articulation or load_articulation()
    spans = spans_of(phones)
    times = torch.arange(num_frames) / float(MOTION_FPS)
    along = (times, spans.start_seconds, spans.end_seconds, spans.phone)
    vary = torch.ones(2, len(spans.phone))
    if chance is not None:
        vary = torch.from_numpy(
            np.exp(VARIETY * chance.standard_normal((2, len(spans.phone)))).astype(np.float32)
        )
    target = own.opening_mm[spans.phone] * opening_factor(spans, phones, prosody, own.loudness_gain) * vary[0]
    opening = jaw * (share_frames(own.opening_dominance, *along) @ target)
    shape = share_frames(own.shape_dominance, *along) @ (own.shapes[spans.phone] * vary[1][:, None])
    times_seconds = times.numpy().astype(np.float64)
    closed, tucked = closing(phones, times_seconds), tucking(phones, times_seconds)
    opening_mm = np.clip(opening.numpy(), 0, None) * (1 - closed)
    opening_mm = _tucked_opening(opening_mm, tucked)
    shapes = lips * shape.numpy() + tucked[:, None] * tuck_code()
    return Mouth(opening_mm.astype(np.float32), shapes.astype(np.float32))


def opening_factor(
    spans: Spans,
    phones: Sequence[TimedPhone],
    prosody: Float32[np.ndarray, "frames 8"],
    gain: Float[Tensor, ""] | float,
) -> Float[Tensor, "spans"]:
    """1 + gain * (loudness - usual) for vowels, times their stress; 1 for all else."""
    loud = prosody[:, :2].mean(axis=1)
    vowel = torch.tensor([PHONES[int(phone)] in VOWELS for phone in spans.phone])
    sources = [phones[int(index)] for index in spans.source]
    louder = torch.tensor([mean_over(loud, one) - USUAL_LOUDNESS for one in sources]).clamp(-0.4, 0.3)
    stress = torch.tensor([1.0 if one.stressed is None else STRESS[one.stressed] for one in sources])
    return torch.where(vowel, (1 + gain * louder) * stress, torch.ones(()))


def without_gap(code: Float[np.ndarray, "frames 64"]) -> Float32[np.ndarray, "frames 64"]:
    """The same expression with the lips as far apart as at rest."""
    gap = code @ lip_gap_direction()
    return (code - gap[:, None] * load_articulation().opening_direction).astype(np.float32)


def close_by(
    code: Float32[np.ndarray, "frames 64"], share: Float[np.ndarray, "frames"]
) -> Float32[np.ndarray, "frames 64"]:
    """A face whose lips are nearer by a share of 0 to 1 of how far they are apart beyond rest."""
    opening = np.maximum(code @ lip_gap_direction(), 0)
    return (code - (share * opening)[:, None] * load_articulation().opening_direction).astype(np.float32)


def tuck_lower_lip(
    code: Float32[np.ndarray, "frames 64"], share: Float[np.ndarray, "frames"]
) -> Float32[np.ndarray, "frames 64"]:
    """A face whose lower lip is drawn under the upper teeth, by a share of 0 to 1 of the whole way.

    What of it the face shows already is not done twice.
    """
    missing = np.clip(share - np.clip(code @ tuck_measure(), 0, 1), 0, 1)
    opening = code @ lip_gap_direction()
    change = np.minimum(_tucked_opening(opening, missing) - opening, 0)
    moved = change[:, None] * load_articulation().opening_direction + missing[:, None] * tuck_code()
    return (code + moved).astype(np.float32)


@cache
def tuck_code() -> Float32[np.ndarray, "64"]:
    """What f and v add to a mouth, lips as far apart as they were."""
    return without_gap(code_of_arkit(expression_weights(_TUCK)[None]))[0]


@cache
def tuck_measure() -> Float32[np.ndarray, "64"]:
    """The share of `tuck_code` in a code is this, times the code; other sounds lie near 0."""
    return (tuck_code() / np.square(tuck_code()).sum()).astype(np.float32)


def _tucked_opening(
    opening_mm: Float[np.ndarray, "frames"], tucked: Float[np.ndarray, "frames"]
) -> Float[np.ndarray, "frames"]:
    """No more than `_TUCKED_MM` where the lip is tucked in."""
    return np.minimum(opening_mm, _TUCKED_MM + (1 - tucked) * np.maximum(opening_mm - _TUCKED_MM, 0))
