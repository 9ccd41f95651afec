"""Fitting the phone network: which phone, and which mouth, in every 20 ms."""

import csv
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import torch
from jaxtyping import Float, Int
from safetensors.torch import load_file, save_file
from torch import Tensor

from msmd.audio.acoustic_model import centre_cepstra, cepstral_bands
from msmd.audio.embedded import EmbeddedEncoder
from msmd.audio.mel import mel_of_power, power_spectrum
from msmd.audio.phone_network import MOUTH_CLASSES, PhoneNetwork, PhoneNetworkConfig, normalize_mel
from msmd.core.files import whole_file
from msmd.training.audio_encoder.augment import SPEED, augment, mask
from msmd.training.audio_encoder.phone_corpus import PhoneClip
from msmd.training.audio_encoder.phones import MOUTH_CLASS_OF_PHONE, UNKNOWN
from msmd.training.audio_encoder.sphinx import load_acoustic_model

SOURCE_WEIGHTS: Mapping[str, float] = {"grid": 0.08, "ravdess": 0.12, "espeak": 0.2, "flite": 0.27}
"""Shares of the crops: people of few sentences, machines of many. What other sources there are, people with
free texts among them, share the rest by their length."""

MOUTH_COUNTS = {"bilabial": 1.5, "labiodental": 2.5, "rounded": 1.2}
"""What an error at these counts beside one at the other classes: one sees them best."""

_SAMPLES_PER_LABEL = 320
_IGNORE = -100  # cross_entropy's word for "teaches nothing"

AGREES_FROM: Final = 0.82
"""Share of the steps after which changed and plain sounds are made to agree: a network that hears little yet
would agree on nothing."""


@dataclass(frozen=True)
class PhoneTrainingConfig:
    """Attributes:
    num_steps: steps of AdamW; the learning rate rises for a twentieth of them, then falls as a cosine.
    batch_size: crops in one step.
    crop_labels: length of a crop in frames of 20 ms.
    learning_rate: the highest.
    weight_decay: of AdamW.
    mouth_weight: of the mouth classes' cross-entropy beside the phones'.
    agreement_weight: of the squared difference between the features of the changed sound and of the
        plain one, which is the same speech; from `AGREES_FROM` of the steps on.
    label_smoothing: of both; labels are off by 10 to 50 ms where they come from alignment.
    interval: steps between measurements and checkpoints.
    seed: of weights and crops.
    bfloat16: whether matrix products run in bfloat16: more than twice as fast on processors that have it.
    """

    num_steps: int = 3400
    batch_size: int = 32
    crop_labels: int = 150
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    mouth_weight: float = 0.5
    agreement_weight: float = 1.0
    label_smoothing: float = 0.05
    interval: int = 150
    seed: int = 0
    bfloat16: bool = False
    network: PhoneNetworkConfig = field(
        default_factory=lambda: PhoneNetworkConfig(spectrogram=False, acoustic_model=True)
    )


def train_phones(
    clips: list[PhoneClip], out: Path, config: PhoneTrainingConfig = PhoneTrainingConfig()
) -> EmbeddedEncoder:
    """Fit a network to the train clips; measure on the val clips; go on from a checkpoint if there is one.

    Writes to `out`: `checkpoint.safetensors` (weights and the optimizer's moments), `progress.csv`, and
    at every interval the encoder itself (see `EmbeddedEncoder.save`).

    Args:
        clips: of `load_clips`.
        out: folder of the run.
        config: of the fit.
    """
    torch.manual_seed(config.seed)
    learned = [clip for clip in clips if clip.split == "train"]
    held_out = [clip for clip in clips if clip.split == "val"]
    network = PhoneNetwork(config.network)
    if config.network.acoustic_model:
        network.acoustic_model = load_acoustic_model()
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, betas=(0.9, 0.98)
    )
    step = _resume(out / "checkpoint.safetensors", network, optimizer)
    batches = draw_batches(learned, config, step)
    mouth_of_phone = torch.from_numpy(MOUTH_CLASS_OF_PHONE).long()
    counts = torch.tensor([MOUTH_COUNTS.get(name, 1.0) for name in MOUTH_CLASSES])
    start, sums = time.monotonic(), []
    while step < config.num_steps:
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * _rate(step / config.num_steps)
        mel, centred, plain, labels = next(batches)
        with torch.autocast("cpu", torch.bfloat16, enabled=config.bfloat16):
            features, phones, mouth = network.train()(mel, centred)
        known = labels != UNKNOWN
        target = torch.where(known, labels, _IGNORE)
        mouth_target = torch.where(known, mouth_of_phone[labels.where(known, 0)], _IGNORE)
        loss = _cross_entropy(phones, target, counts[mouth_of_phone], config)
        loss = loss + config.mouth_weight * _cross_entropy(mouth, mouth_target, counts, config)
        if step >= AGREES_FROM * config.num_steps:
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=config.bfloat16):
                wanted = network(*plain)[0]
            difference = features.float() - wanted.float()
            loss = loss + config.agreement_weight * difference.square().mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        step += 1
        sums.append(loss.item())
        if step % config.interval == 0 or step == config.num_steps:
            scores = score(EmbeddedEncoder(network), held_out)
            network.requires_grad_(True)
            _log(out / "progress.csv", step, float(np.mean(sums)), time.monotonic() - start, scores)
            notes = {"steps": step, "clips": len(clips), "held_out_accuracy": scores}
            notes["hours"] = round(sum(len(clip.labels) for clip in learned) / 50 / 3600, 2)
            notes["config"] = asdict(config)
            EmbeddedEncoder(network, notes).save(out)
            network.requires_grad_(True)
            _checkpoint(out / "checkpoint.safetensors", network, optimizer, step)
            sums = []
    return EmbeddedEncoder.load(out)


def score(encoder: EmbeddedEncoder, clips: list[PhoneClip], limit: int = 60) -> dict[str, dict[str, float]]:
    """Share of 20 ms frames with the right phone and mouth class, for each source.

    "spoken" leaves out frames that are silence in truth. At most `limit` clips a source, the same at
    every call.
    """
    scores: dict[str, dict[str, float]] = {}
    for source in sorted({clip.source for clip in clips}):
        chosen = [clip for clip in clips if clip.source == source]
        chosen = sorted(chosen, key=lambda clip: zlib.crc32(clip.name.encode()))[:limit]
        right, right_mouth, truth = [], [], []
        for clip in chosen:
            phones, mouth = encoder.phone_logits(clip.samples)
            labels = clip.labels[: len(phones)]
            known = labels != UNKNOWN
            right.append((phones.argmax(1)[: len(labels)] == labels)[known])
            mouth_truth = MOUTH_CLASS_OF_PHONE[labels[known]]
            right_mouth.append(mouth.argmax(1)[: len(labels)][known] == mouth_truth)
            truth.append(labels[known])
        spoken = np.concatenate(truth) != 0
        scores[source] = {
            "phone": round(float(np.concatenate(right).mean()), 3),
            "phone_spoken": round(float(np.concatenate(right)[spoken].mean()), 3),
            "mouth": round(float(np.concatenate(right_mouth).mean()), 3),
            "mouth_spoken": round(float(np.concatenate(right_mouth)[spoken].mean()), 3),
        }
    return scores


def draw_batches(
    clips: list[PhoneClip], config: PhoneTrainingConfig, step: int
) -> Iterator[
    tuple[
        Float[Tensor, "batch mel_frames 80"],
        Float[Tensor, "batch mel_frames 13"],
        tuple[Float[Tensor, "batch mel_frames 80"], Float[Tensor, "batch mel_frames 13"]],
        Int[Tensor, "batch labels"],
    ]
]:
    """Random crops of clips, altered; a clip shorter than the crop has silence around it.

    A source is drawn by `SOURCE_WEIGHTS`, a clip within it by its length.

    Yields:
        Normalised log-mel, centred cepstra (both of the altered crop alone); both of the crop as it was;
        labels.
    """
    rng = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
    chances = _clip_chances(clips)
    reach = round(config.crop_labels * SPEED[1]) + 1  # a crop may be played faster
    while True:
        sound = torch.zeros(config.batch_size, reach * _SAMPLES_PER_LABEL)
        labels = torch.zeros(config.batch_size, reach, dtype=torch.long)
        for row, i in enumerate(torch.multinomial(chances, config.batch_size, True, generator=rng).tolist()):
            clip, spare = clips[i], len(clips[i].labels) - reach
            start = int(torch.randint(min(spare, 0), max(spare, 0) + 1, (1,), generator=rng))
            first, last = max(start, 0), min(start + reach, len(clip.labels))
            piece = clip.samples[first * _SAMPLES_PER_LABEL : last * _SAMPLES_PER_LABEL]
            at = (first - start) * _SAMPLES_PER_LABEL
            sound[row, at : at + len(piece)] = torch.from_numpy(piece)
            labels[row, first - start : last - start] = torch.from_numpy(clip.labels[first:last]).long()
        power, plain, wanted = augment(power_spectrum(sound), labels, config.crop_labels, rng)
        mel, centred = _hear(power)
        yield mask(mel, rng), centred, _hear(plain), wanted


def _hear(
    power: Float[Tensor, "batch mel_frames bins"],
) -> tuple[Float[Tensor, "batch mel_frames 80"], Float[Tensor, "batch mel_frames 13"]]:
    return normalize_mel(mel_of_power(power)), centre_cepstra(cepstral_bands(power))


def _clip_chances(clips: list[PhoneClip]) -> Float[Tensor, "clips"]:
    lengths = torch.tensor([float(len(clip.labels)) for clip in clips])
    sources = np.array([clip.source for clip in clips])
    chances, rest = torch.zeros(len(clips)), ~np.isin(sources, list(SOURCE_WEIGHTS))
    shares = [(sources == source, weight) for source, weight in SOURCE_WEIGHTS.items()]
    for chosen, weight in [*shares, (rest, 1 - sum(SOURCE_WEIGHTS.values()))]:
        if chosen.any():
            index = torch.from_numpy(np.flatnonzero(chosen))
            chances[index] = weight * lengths[index] / lengths[index].sum()
    return chances


def _cross_entropy(
    logits: Float[Tensor, "batch frames classes"],
    target: Int[Tensor, "batch frames"],
    counts: Float[Tensor, "classes"],
    config: PhoneTrainingConfig,
) -> Float[Tensor, ""]:
    return torch.nn.functional.cross_entropy(
        logits.flatten(0, 1).float(),
        target.flatten(),
        weight=counts,
        ignore_index=_IGNORE,
        label_smoothing=config.label_smoothing,
    )


def _rate(share: float) -> float:
    if share < 0.05:
        return (share + 1e-3) / 0.051
    return 0.01 + 0.99 * 0.5 * (1 + float(np.cos(np.pi * (share - 0.05) / 0.95)))


def _checkpoint(path: Path, network: PhoneNetwork, optimizer: torch.optim.Optimizer, step: int) -> None:
    tensors = {f"network/{name}": value for name, value in network.state_dict().items()}
    for i, parameter in enumerate(network.parameters()):
        for name, value in optimizer.state[parameter].items():
            tensors[f"optimizer/{i}/{name}"] = value
    with whole_file(path) as aside:
        save_file(tensors, aside, metadata={"step": str(step)})


def _resume(path: Path, network: PhoneNetwork, optimizer: torch.optim.Optimizer) -> int:
    if not path.exists():
        return 0
    tensors = load_file(path)
    prefix = "network/"
    network.load_state_dict(
        {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
    )
    for i, parameter in enumerate(network.parameters()):
        optimizer.state[parameter] = {
            name: tensors[f"optimizer/{i}/{name}"] for name in ("step", "exp_avg", "exp_avg_sq")
        }
    return int(tensors["optimizer/0/step"].item())


def _log(path: Path, step: int, loss: float, seconds: float, scores: dict[str, dict[str, float]]) -> None:
    row = {"step": step, "loss": round(loss, 4), "seconds": round(seconds)}
    row |= {f"{source}_{name}": value for source, each in scores.items() for name, value in each.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(row))
        if new:
            writer.writeheader()
        writer.writerow(row)
