"""Learn one clip by heart: python tools/overfit_clip.py DATASET CLIP RUN [STEPS].

A model that cannot is broken somewhere. The preset "embedded", without anything that blurs: no
dropout, no dropped conditions, no cut ends. Prints how much of the clip's variance the model misses
when it starts from noise alone, before and after, and draws RUN/curves.png.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from msmd.core.presets import PRESETS
from msmd.data.packed import PackedDataset, measure_statistics
from msmd.data.pairs import CORPUS_WEIGHTS
from msmd.face.lip_closure import lip_gap_direction
from msmd.synthesis.performer.articulation import tuck_measure
from msmd.training.curves import draw_curves
from msmd.training.loop import fit
from msmd.training.step import WindowPairs
from msmd.training.train import measure_of


def main() -> None:
    dataset, clip_id, run = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    num_steps = int(sys.argv[4]) if len(sys.argv) > 4 else 400
    packed = PackedDataset(dataset)
    preset = PRESETS["embedded"]
    size = 2 * preset.model.num_frames
    statistics = measure_statistics(packed, CORPUS_WEIGHTS)
    motion = statistics.standardise(packed.motion(clip_id)[:size])
    features = packed.audio_features(clip_id, preset.audio_encoder)[:size]
    missing = ((0, size - len(motion)), (0, 0))
    pairs = WindowPairs(
        motion=torch.from_numpy(np.pad(motion, missing))[None],
        audio_features=torch.from_numpy(np.pad(features, missing))[None],
        valid=torch.arange(size)[None] < len(motion),
        has_lips=torch.ones(1, dtype=torch.bool),
        restyled=torch.zeros(1, dtype=torch.bool),
        weights=torch.ones(1, motion.shape[1]),
        lip_gap=torch.from_numpy(measure_of(lip_gap_direction(), statistics)),
        lip_tuck=torch.from_numpy(measure_of(tuck_measure(), statistics)),
    )
    training = replace(
        preset.training,
        num_steps=num_steps,
        batch_size=1,
        warmup_steps=20,
        audio_dropout=0.0,
        style_dropout=0.0,
        basis_only_probability=0.0,
        audio_noise=0.0,
        truncation_probability=0.0,
        weight_decay=0.0,
        ema_decay=0.95,
        validation_interval=max(1, num_steps // 10),
        sample_interval=0,
    )
    preset = replace(preset, training=training, model=replace(preset.model, dropout=0.0))
    missed = []
    fit(
        preset,
        lambda number: pairs,
        [pairs],
        run,
        on_log=lambda row: missed.append(row.get("validation_from_noise")),
    )
    shares = [value / float(np.square(motion).mean()) for value in missed if value is not None]
    print(
        f"{clip_id}, {len(motion)} frames, {num_steps} steps: share of the clip's mean square that is missed"
    )
    print("from noise alone, ten times during the run: " + " ".join(f"{share:.4f}" for share in shares))
    draw_curves([run], run / "curves.png")


if __name__ == "__main__":
    main()
