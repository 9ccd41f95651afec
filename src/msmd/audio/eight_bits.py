"""Matrices in eight bits, for files: a quarter of the size, an error of a 510th of a matrix's range."""

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor

_LOWEST: Final = "/lowest"
_STEP: Final = "/step"
_LEVELS: Final = 255


def to_eight_bits(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Each matrix as bytes beside its lowest value and the step between two; vectors as they are.

    Weights that come from eight bits, with both ends of their range in use, come back as they were.
    """
    packed = {}
    for name, value in tensors.items():
        if value.ndim < 2:
            packed[name] = value.contiguous()
            continue
        lowest = value.min()
        step = ((value.max() - lowest) / _LEVELS).clamp(min=torch.finfo(value.dtype).tiny)
        packed[name] = ((value - lowest) / step).round().to(torch.uint8).contiguous()
        packed[name + _LOWEST], packed[name + _STEP] = lowest[None], step[None]
    return packed


def from_eight_bits(packed: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What `to_eight_bits` was given, to half a step.

    Raises:
        KeyError: a matrix of bytes has no lowest value or no step.
    """
    tensors = {}
    for name, value in packed.items():
        if name.endswith((_LOWEST, _STEP)):
            continue
        if value.dtype == torch.uint8:
            value = value.to(packed[name + _STEP].dtype) * packed[name + _STEP] + packed[name + _LOWEST]
        tensors[name] = value
    return tensors
