"""How phones share the mouth: the dominance functions of Cohen and Massaro (1993).

Each phone pulls the mouth towards its target with a strength that is full around its middle and falls to
either side, D(t) = strength exp(-(distance / reach)^1.5); the mouth stands at the mean of the targets,
weighted by D. So a neighbour's shape begins early (reach before) and lingers (reach after), short phones
undershoot their targets, and phones of little strength (k, n, t: the tongue's) take the shape around them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from msmd.audio.phone_network import PHONES
from msmd.synthesis.performer.phones import TimedPhone

SHARPNESS: Final = 1.5
"""Exponent of the fall: 1 is Cohen and Massaro's, which has a kink at the middle; 2 is a bell."""

LONGEST_EDGE_SECONDS: Final = 0.1
"""A phone rules in full from so long after its beginning at the latest: long pauses pull as short ones."""

_SPLIT: Final = {"AW": ("AA", "UW"), "OY": ("AO", "IY")}
"""Diphthongs whose two halves look different enough to be two phones for the mouth."""


@dataclass(frozen=True)
class DominanceTable:
    """Numbers of each of the 40 phones.

    Attributes:
        log_strength: of the weight at the middle.
        lead_seconds: by how much the face is ahead of the sound.
        log_before, log_after: logarithm of the reach in seconds before and after the core.
        core: share of the phone's duration, around its middle, in which the weight is full; of a longer phone
            all but the edges (`LONGEST_EDGE_SECONDS`).
    """

    log_strength: Float[Tensor, "40"]
    lead_seconds: Float[Tensor, "40"]
    log_before: Float[Tensor, "40"]
    log_after: Float[Tensor, "40"]
    core: Float[Tensor, "40"]


@dataclass(frozen=True)
class Spans:
    """Phones as arrays, diphthongs split where `_SPLIT` says.

    Attributes:
        start_seconds, end_seconds: of each.
        phone: index into `PHONES`.
        source: which of the given phones each span comes from.
    """

    start_seconds: Float[Tensor, "spans"]
    end_seconds: Float[Tensor, "spans"]
    phone: Int[Tensor, "spans"]
    source: Int[Tensor, "spans"]


def spans_of(phones: Sequence[TimedPhone]) -> Spans:
    """Phones -> arrays."""
    rows = []
    for index, one in enumerate(phones):
        halves = _SPLIT.get(one.name, (one.name,))
        length = (one.end_seconds - one.start_seconds) / len(halves)
        for number, name in enumerate(halves):
            start = one.start_seconds + number * length
            rows.append((start, start + length, PHONES.index(name), index))
    start, end, phone, source = zip(*rows, strict=True)
    return Spans(torch.tensor(start), torch.tensor(end), torch.tensor(phone), torch.tensor(source))


def share_frames(
    table: DominanceTable,
    times_seconds: Float[Tensor, "frames"],
    start_seconds: Float[Tensor, "*clips spans"],
    end_seconds: Float[Tensor, "*clips spans"],
    phone: Int[Tensor, "*clips spans"],
) -> Float[Tensor, "*clips frames spans"]:
    """The share of each phone in each frame; a frame's shares sum to 1.

    They are computed as a softmax of ln D, so that far from every phone the nearest one rules.
    """
    middle = (start_seconds + end_seconds) / 2 - table.lead_seconds[phone]
    half = (end_seconds - start_seconds) / 2
    core = half - (1 - table.core[phone]) * half.clamp(max=LONGEST_EDGE_SECONDS)
    away = times_seconds[:, None] - middle[..., None, :]
    log_reach = torch.where(
        away < 0, table.log_before[phone][..., None, :], table.log_after[phone][..., None, :]
    )
    distance = torch.relu(away.abs() - core[..., None, :])
    # The root of 0 has no slope for the fit to follow.
    fall = ((distance + 1e-6) / log_reach.exp()) ** SHARPNESS
    return torch.softmax(table.log_strength[phone][..., None, :] - fall, dim=-1)
