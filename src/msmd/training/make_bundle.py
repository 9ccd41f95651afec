"""From a finished run to a bundle: weights, audio encoder, statistics, built-in styles, model card."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from msmd.audio.open_encoder import open_encoder
from msmd.core.animation import Motion, StyleCode
from msmd.core.errors import MsmdError
from msmd.core.units import EXPRESSION, MOTION_FPS
from msmd.data.packed import Clip, PackedDataset
from msmd.face.expression_space import load_expression_space
from msmd.synthesis.animator import Animator
from msmd.synthesis.bundle import Bundle, load_bundle, save_bundle
from msmd.training.run_folder import TrainedModel, load_trained_model

STYLE_CORPUS = "ravdess"
"""The corpus whose acted emotions become the built-in styles."""

STYLE_NAMES: Mapping[str, str] = {"disgust": "disgusted"}
"""Emotions of the corpus that are called otherwise as a style."""

EVEN_STYLES = ("neutral", "calm", "happy", "sad")
"""Styles that are the mean of all their clips: nothing shall stand out, or the strongest clips mislead."""

EXPRESSIVE_SHARE = 1 / 3
"""Of an emotion's clips make its built-in style."""

LICENCE = "CC BY-NC-SA 4.0 (trained on RAVDESS among others): not for commercial use"


def make_bundle(
    run: Path,
    audio_encoder: str | Path,
    dataset: Path,
    out: Path,
    results: Path | None = None,
    copies_encoder: bool = False,
) -> None:
    """Write the bundle folder of a run.

    Args:
        run: run folder of `train`.
        audio_encoder: what `open_encoder` takes; the one whose features the run read.
        dataset: packed dataset that it was trained on; its training clips give the built-in styles.
        out: bundle folder.
        results: Markdown with held-out numbers for the model card.
        copies_encoder: whether a HuBERT is copied into the bundle.

    Raises:
        MsmdError: parts that do not belong together, or that are missing.
    """
    trained = load_trained_model(run)
    encoder = open_encoder(audio_encoder)
    if encoder.dim != trained.preset.model.audio_dim or encoder.name != trained.preset.audio_encoder:
        raise MsmdError(
            f"the run reads the audio features {trained.preset.audio_encoder!r} of "
            f"{trained.preset.model.audio_dim} numbers; {audio_encoder} gives {encoder.name!r} of "
            f"{encoder.dim}. Give the encoder whose features it was trained on."
        )
    packed = PackedDataset(dataset)
    info = _describe(run, trained, packed)
    bundle = Bundle(
        model=trained.model,
        audio_encoder=encoder,
        model_config=trained.preset.model,
        diffusion_config=trained.preset.diffusion,
        mean=trained.mean,
        std=trained.std,
        styles={},
        licence=LICENCE,
        info=info,
    )
    styles = learn_styles(Animator(bundle), packed)
    held_out = "" if results is None else results.read_text(encoding="utf-8")
    card = write_card(info, packed, held_out)
    save_bundle(out, replace(bundle, styles=styles), card, copies_encoder)
    load_bundle(out)


def learn_styles(animator: Animator, packed: PackedDataset) -> dict[str, StyleCode]:
    """One code for each emotion: the mean over its most expressive training clips.

    Most acted clips hold their emotion faintly; a mean over all of them would show little. Clips
    whose upper face was not observed count only where an emotion has no others. `EVEN_STYLES` are
    the mean over all of their clips.
    """
    clips: dict[str, list[Clip]] = defaultdict(list)
    for clip in packed.select("train"):
        if clip.corpus == STYLE_CORPUS:
            clips[clip.emotion].append(clip)
    styles = {}
    for emotion, all_clips in sorted(clips.items()):
        seen = [clip for clip in all_clips if clip.has_upper] or all_clips
        chosen = seen if emotion in EVEN_STYLES else most_expressive(seen, packed)
        motions = [Motion(packed.motion(clip.id), MOTION_FPS) for clip in chosen]
        mean = np.mean([animator.encode_style(motion).mean for motion in motions], axis=0)
        name = STYLE_NAMES.get(emotion, emotion)
        styles[name] = StyleCode(mean.astype(np.float32), name)
    return styles


def most_expressive(clips: Sequence[Clip], packed: PackedDataset) -> list[Clip]:
    """The third of the clips (at least one) whose mean face is furthest from neutral, in mm."""
    space = load_expression_space()

    def distance(clip: Clip) -> float:
        mean = packed.motion(clip.id)[:, EXPRESSION].mean(axis=0, keepdims=True)
        return float(np.linalg.norm(space.decode(mean)))

    ranked = sorted(clips, key=distance, reverse=True)
    return ranked[: max(1, round(len(ranked) * EXPRESSIVE_SHARE))]


def _describe(run: Path, trained: TrainedModel, packed: PackedDataset) -> dict[str, object]:
    rows = (run / "log.csv").read_text(encoding="utf-8").splitlines()
    last = dict(zip(rows[0].split(","), rows[-1].split(","), strict=True))
    minutes: dict[str, float] = defaultdict(float)
    for clip in packed.select("train"):
        minutes[clip.corpus] += _minutes(clip)
    return {
        "name": trained.run.get("name", "unnamed"),
        "commit": trained.run.get("commit", "unknown"),
        "training_steps": int(last["step"]),
        "training_minutes": round(float(last["seconds"]) / 60, 1),
        "batch_size": trained.preset.training.batch_size,
        "parameters": sum(weight.numel() for weight in trained.model.parameters()),
        "minutes_of_training_data": {name: round(value, 1) for name, value in minutes.items()},
        "environment": trained.run.get("environment", {}),
    }


_THIRD_PARTY = (
    "## Parts of others",
    "",
    "The embedded audio encoder holds the first layers of Moonshine tiny (English), Copyright (c) 2025 "
    "Useful Sensors, Inc., MIT licence; its text is in `NOTICE` of the package. It learned from speech under "
    "the terms of GRID (CC BY 4.0), RAVDESS (CC BY-NC-SA 4.0), Asterisk's announcements (CC BY-SA 3.0), the "
    "dialogue of Fish Fillets (GPL), festvox-ru (BSD) and from synthetic voices.",
    "",
)


def _threads(info: Mapping[str, object]) -> str:
    environment = info.get("environment")
    count = environment.get("threads") if isinstance(environment, Mapping) else None
    return "" if count is None else f" with {count} thread{'s' if count != 1 else ''} of the processor"


def _minutes(clip: Clip) -> float:
    return clip.frames / float(MOTION_FPS) / 60


def write_card(info: Mapping[str, object], packed: PackedDataset, held_out: str) -> str:
    """The model card: what it was made from, what it may be used for, how good it is."""
    licences: dict[tuple[str, str], float] = defaultdict(float)
    for clip in packed.select("train"):
        licences[clip.corpus, clip.licence] += _minutes(clip)
    table = [
        f"| {corpus} | {minutes:.1f} | {licence} |" for (corpus, licence), minutes in sorted(licences.items())
    ]
    return "\n".join(
        [
            f"# Model card: {info['name']}",
            "",
            f"**Licence of these weights: {LICENCE}.** The code around them is Apache-2.0.",
            "",
            f"{info['parameters']:,} parameters, {info['training_steps']} steps of",
            f"{info['batch_size']} pairs of windows, {info['training_minutes']} minutes{_threads(info)},",
            f"commit {info['commit']}.",
            "",
            "## Data it was trained on",
            "",
            "| corpus | minutes | terms of the recordings |",
            "|---|---|---|",
            *table,
            "",
            "Whole clips, speakers and actors were kept apart for judging; `docs/data.md` says which.",
            "",
            "## What it is for",
            "",
            "Previews, research and games that are not sold. One neutral speaker of English and lines that a "
            "procedural performer speaks (`docs/performer.md`) gave most of the articulation; two sentences "
            "by a few actors gave most of the emotion. Expect weaker lips on voices and languages far from "
            "these.",
            "",
            *_THIRD_PARTY,
            "## Held-out numbers",
            "",
            held_out or "See `docs/results.md`.",
            "",
        ]
    )
