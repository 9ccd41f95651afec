"""The style encoder of the DiffPoseTalk baseline, trained alone with NT-Xent (section 5.3).

Two neighbouring windows of one clip are a positive pair: whoever speaks keeps their style. The
windows of all other clips of the batch are the negatives.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from time import monotonic
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from msmd.core.presets import Preset
from msmd.model.assemble import build_model
from msmd.model.contrastive_style import ContrastiveStyle
from msmd.training.checkpoint import save_weights
from msmd.training.run_folder import TrainingLog
from msmd.training.step import MIN_REFERENCE_FRAMES, WindowPairs

STYLE_ENCODER = "style_encoder.safetensors"
STYLE_LOG = "style_encoder.csv"
LOG_INTERVAL = 20
COLUMNS = ("step", "seconds", "loss", "found")


def nt_xent(
    first: Float[Tensor, "clips dim"], second: Float[Tensor, "clips dim"], temperature: float
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """(loss, share of windows whose nearest other window is their neighbour).

    For each of the 2 N windows i with its neighbour j, over all windows k but i itself:
    loss_i = -log( exp(cos(i, j) / temperature) / sum_k exp(cos(i, k) / temperature) )  (Chen et al. 2020).
    """
    codes = functional.normalize(torch.cat([first, second]), dim=-1)
    count = len(codes)
    likeness = codes @ codes.T / temperature
    likeness = likeness.masked_fill(torch.eye(count, dtype=torch.bool, device=codes.device), -torch.inf)
    neighbour = (torch.arange(count, device=codes.device) + count // 2) % count
    found = (likeness.argmax(1) == neighbour).float().mean()
    return functional.cross_entropy(likeness, neighbour), found


def embed_pairs(
    encoder: ContrastiveStyle, batches: Iterable[WindowPairs], num_frames: int
) -> tuple[Float[Tensor, "clips dim"], Float[Tensor, "clips dim"]]:
    """Codes of the first and of the second windows of the clips whose second one lasts a second or more."""
    both = [(pairs.motion, pairs.valid) for pairs in batches]
    motion, valid = (torch.cat(parts) for parts in zip(*both, strict=True))
    long_enough = valid[:, num_frames:].sum(1) >= MIN_REFERENCE_FRAMES
    halves = slice(0, num_frames), slice(num_frames, 2 * num_frames)
    motion, valid = (torch.cat([value[long_enough, half] for half in halves]) for value in (motion, valid))
    first, second = encoder.embed(motion, valid).float().chunk(2)
    return first, second


def pretrain_style_encoder(
    preset: Preset, draw_pairs: Callable[[int], WindowPairs], folder: Path, device: str, writes: bool = True
) -> ContrastiveStyle:
    """Train the encoder of `preset.model` by itself; returns it frozen.

    Writes style_encoder.safetensors and style_encoder.csv into the run folder. It is a pure
    function of the preset and the batches: broken off, it starts over and comes out the same.
    Of several workers each does all of it, and one `writes`.

    Raises:
        ValueError: the preset has no such encoder.
    """
    config, training = preset.style_pretraining, preset.training
    torch.manual_seed(training.seed)
    encoder = build_model(preset.model).style_encoder
    if config is None or not isinstance(encoder, ContrastiveStyle):
        raise ValueError("this preset's style encoder is not trained by itself")
    encoder = cast(ContrastiveStyle, encoder.to(device)).train()
    optimizer = torch.optim.Adam(encoder.parameters(), lr=config.learning_rate)
    log = TrainingLog(folder / STYLE_LOG, COLUMNS, start_step=0) if writes else None
    began = monotonic()
    for step in range(1, config.num_steps + 1):
        with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=training.bfloat16):
            numbers = range((step - 1) * config.num_batches, step * config.num_batches)
            first, second = embed_pairs(encoder, map(draw_pairs, numbers), preset.model.num_frames)
        loss, found = nt_xent(first, second, config.temperature)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(encoder.parameters(), training.gradient_limit)
        optimizer.step()
        if log is not None and (step % LOG_INTERVAL == 0 or step == config.num_steps):
            seconds = round(monotonic() - began, 1)
            log.write({"step": step, "seconds": seconds, "loss": loss.item(), "found": found.item()})
    encoder.freeze()
    if writes:
        save_weights(folder / STYLE_ENCODER, encoder)
    return encoder
