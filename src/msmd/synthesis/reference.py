"""A style reference of any length -> the style code that generation uses."""

import math

import numpy as np
import torch
from jaxtyping import Float32

from msmd.model.motion_model import MotionModel


@torch.inference_mode()
def encode_reference(
    model: MotionModel, reference: Float32[np.ndarray, "frames dim"]
) -> Float32[np.ndarray, "style_dim"]:
    """mu of the style posterior (section 4.2).

    The encoder was trained on windows of N_w frames; a longer reference is cut into equal pieces
    of about that length, whose means are averaged.

    Args:
        model: in evaluation mode.
        reference: standardised, at 25 fps.
    """
    device = next(model.parameters()).device
    count = math.ceil(len(reference) / model.config.num_frames)
    pieces = [torch.from_numpy(piece).to(device)[None] for piece in np.array_split(reference, count)]
    means = torch.cat([model.encode_style(piece)[0] for piece in pieces])
    return means.mean(0).cpu().numpy()
