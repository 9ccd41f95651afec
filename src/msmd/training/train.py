"""From a packed dataset and the name of a preset to a run folder."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32

from msmd.core.errors import FormatError
from msmd.core.presets import Preset, named_preset
from msmd.core.units import EXPRESSION, HEAD_ROTATION, MOTION_DIM, NUM_EXPRESSION
from msmd.data.ahead import Ahead
from msmd.data.mirror import mirror_matrix
from msmd.data.packed import PackedDataset, Split, Statistics, measure_statistics
from msmd.data.pairs import Batch, TwoWindowSampler, shares_of
from msmd.data.restyle import Restyler, persistent_expressions
from msmd.diffusion.schedule import cosine_schedule
from msmd.face.expression_space import load_expression_space
from msmd.face.lip_closure import lip_gap_direction
from msmd.face.regions import UPPER_FACE
from msmd.model.motion_model import MotionModel
from msmd.synthesis.bundle import Bundle, load_bundle
from msmd.synthesis.performer.articulation import tuck_measure
from msmd.training.board import Board
from msmd.training.dimension_weights import DimensionWeights, weigh_dimensions
from msmd.training.loop import OnLog, fit
from msmd.training.pace import ONE_SITTING, Sitting
from msmd.training.run_folder import (
    CHECKPOINT,
    SAMPLES,
    describe_run,
    load_statistics,
    require_same_run,
    save_description,
    save_statistics,
)
from msmd.training.samples import SampleSheets, choose_clips
from msmd.training.step import WindowPairs
from msmd.training.workers import gather_workers

VALIDATION_BATCHES = 4


def train(
    dataset: Path,
    preset_name: str,
    folder: Path,
    *,
    num_steps: int | None = None,
    sitting: Sitting = ONE_SITTING,
    threads: int | None = None,
    device: str = "auto",
    num_devices: int = 1,
    overrides: Mapping[str, object] = {},
    tensorboard: bool = False,
    start: Path | None = None,
    on_log: OnLog = lambda row: None,
) -> None:
    """Train a preset; called again with the same folder, it goes on.

    Args:
        dataset: packed dataset, with the audio features that the preset reads.
        preset_name: key of `PRESETS`.
        folder: run folder, made if need be.
        num_steps: of the whole run; None: the preset's number.
        sitting: how far this call goes.
        threads: of the processor; None leaves torch's choice.
        device: "auto" takes a GPU if there is one.
        num_devices: how many of its kind train together.
        overrides: fields of `TrainingConfig` to change.
        tensorboard: whether curves and sample pictures go to TensorBoard too.
        start: bundle whose weights and statistics of the motion a new run begins with (fine-tuning).
        on_log: told each row of the log.

    Raises:
        MsmdError: no such preset, data that do not fit it, no such device, a run of another preset or of
            other data in the folder, or a run that diverged.
    """
    if threads is not None:
        torch.set_num_threads(threads)
    preset = named_preset(preset_name)
    workers = gather_workers(device, num_devices)
    training = replace(preset.training, **overrides)
    training = training if num_steps is None else replace(training, num_steps=num_steps)
    training = replace(training, bfloat16=training.bfloat16 and has_fast_bfloat16(workers.device))
    packed = PackedDataset(dataset)
    shares = shares_of(packed)
    resumes = (folder / CHECKPOINT).is_file()
    bundle = None if start is None or resumes else _open_start(start, preset)
    if resumes:
        statistics = load_statistics(folder)
    elif bundle is not None:
        statistics = Statistics(bundle.mean, bundle.std)
    else:
        statistics = widen(measure_statistics(packed, shares), training.expression_deviation)

    def open_split(split: Split) -> TwoWindowSampler:
        """Validation is on recordings as they are, so that its losses compare between presets."""
        augments = split == "train"
        return TwoWindowSampler(
            packed,
            preset.audio_encoder,
            statistics,
            num_frames=preset.model.num_frames,
            batch_size=training.batch_size,
            seed=training.seed,
            split=split,
            mirror=mirror_matrix() if training.mirror and augments else None,
            restyle=Restyler(persistent_expressions(packed)) if training.restyle and augments else None,
        )

    sampler, held_out = open_split("train"), open_split("val")
    trained = replace(preset, training=training, model=replace(preset.model, audio_dim=sampler.audio_dim))
    if workers.rank == 0:
        description = describe_run(preset_name, trained, dataset, shares)
        if resumes:
            require_same_run(folder, description)
        save_description(folder, description)
        save_statistics(folder, statistics.mean, statistics.std)
    board = Board(folder) if tensorboard and workers.rank == 0 else None
    sheets = SampleSheets(
        packed,
        preset.audio_encoder,
        statistics,
        cosine_schedule(preset.diffusion),
        choose_clips(packed.select("val")),
    )

    def tell(row: Mapping[str, float | int]) -> None:
        on_log(row)
        if board is not None:
            board.add_row(row)

    def draw_samples(step: int, model: MotionModel) -> None:
        path = folder / SAMPLES / f"step-{step:07}.png"
        sheets.draw(model, path)
        if board is not None:
            board.add_sheet(step, path)

    to_device = _carrier(
        weights_of(statistics.std, training.landmark_weight_exponent),
        measure_of(lip_gap_direction(), statistics),
        measure_of(tuck_measure(), statistics),
        workers.device,
    )
    fit(
        trained,
        draw_pairs=Ahead(lambda number: to_device(sampler.batch(number))),
        validation=[to_device(held_out.batch(index)) for index in range(VALIDATION_BATCHES)],
        folder=folder,
        sitting=sitting,
        workers=workers,
        start=None if bundle is None else bundle.model,
        on_log=tell,
        on_sample=draw_samples,
    )


def _open_start(folder: Path, preset: Preset) -> Bundle:
    bundle = load_bundle(folder)
    ours, theirs = asdict(preset.model), asdict(bundle.model_config)
    differing = [name for name in ours if ours[name] != theirs[name]]
    if differing:
        told = ", ".join(f"{name} is {theirs[name]} there and {ours[name]} here" for name in differing)
        raise FormatError(f"the model in {folder} is of another shape than the preset: {told}.")
    return bundle


def widen(statistics: Statistics, expression_deviation: float) -> Statistics:
    """Statistics that give expression another deviation than 1; see `TrainingConfig`."""
    std = statistics.std.copy()
    std[EXPRESSION] /= expression_deviation
    return Statistics(statistics.mean, std)


def has_fast_bfloat16(device: str) -> bool:
    """Whether bfloat16 is faster than float32; a processor without its instructions is 4 times slower."""
    if device.startswith("cuda"):
        return torch.cuda.is_bf16_supported()
    capabilities = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def weights_of(std: Float32[np.ndarray, "67"], exponent: float) -> DimensionWeights:
    """Weights for the expression space of this package."""
    unit_codes = np.eye(NUM_EXPRESSION, dtype=np.float32)
    displacement = load_expression_space().decode(unit_codes)
    return weigh_dimensions(displacement, np.asarray(UPPER_FACE), std, exponent)


def measure_of(of_code: Float32[np.ndarray, "64"], statistics: Statistics) -> Float32[np.ndarray, "68"]:
    """A linear measure of the expression code, of standardised motion; last, that of the mean motion."""
    direction = np.zeros(MOTION_DIM, np.float32)
    direction[EXPRESSION] = of_code
    return np.append(direction * statistics.std, direction @ statistics.mean).astype(np.float32)


def _carrier(
    weights: DimensionWeights,
    lip_gap: Float32[np.ndarray, "68"],
    lip_tuck: Float32[np.ndarray, "68"],
    device: str,
) -> Callable[[Batch], WindowPairs]:
    """Batches to the device, each clip with the weights of what was observed of it."""

    def carry(batch: Batch) -> WindowPairs:
        observed = np.where(batch.has_upper[:, None], weights.whole_face, weights.mouth_only)
        observed[:, HEAD_ROTATION] = weights.whole_face[HEAD_ROTATION] * batch.has_head[:, None]
        return WindowPairs(
            motion=torch.from_numpy(batch.motion).to(device),
            audio_features=torch.from_numpy(batch.audio_features).to(device),
            valid=torch.from_numpy(batch.valid).to(device),
            has_lips=torch.from_numpy(batch.has_lips).to(device),
            restyled=torch.from_numpy(batch.restyled).to(device),
            weights=torch.from_numpy(observed).to(device),
            lip_gap=torch.from_numpy(lip_gap).to(device),
            lip_tuck=torch.from_numpy(lip_tuck).to(device),
        )

    return carry
