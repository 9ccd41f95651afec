"""Fitting the phone network: which phone, and which mouth, in every 20 ms."""

import csv
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import torch
from jaxtyping import Float, Int
from safetensors.torch import load, save_file
from torch import Tensor
from torch.nn import functional

from msmd.audio.embedded import EmbeddedEncoder
from msmd.audio.phone_network import MOUTH_CLASSES, PhoneNetwork, PhoneNetworkConfig
from msmd.audio.speech_model import SpeechModel
from msmd.core.files import whole_file
from msmd.core.progress import Progress, no_progress
from msmd.training.audio_encoder.heard import COPIES, HeardClip, hear_corpus, open_heard
from msmd.training.audio_encoder.phone_corpus import PhoneClip
from msmd.training.audio_encoder.phones import MOUTH_CLASS_OF_PHONE, UNKNOWN

SOURCE_WEIGHTS: Mapping[str, float] = {"grid": 0.06, "ravdess": 0.1, "espeak": 0.14, "flite": 0.18}
"""Shares of the crops: people of few sentences, machines of many. What other sources there are, people with
free texts among them, share the rest by their length."""

MOUTH_COUNTS = {"bilabial": 1.5, "labiodental": 2.5, "rounded": 1.2}
"""What an error at these counts beside one at the other classes: one sees them best."""

_IGNORE = -100  # cross_entropy's word for "teaches nothing"

AGREES_FROM: Final = 0.3
"""Share of the steps after which changed and plain sounds are made to agree: a network that hears little yet
would agree on nothing."""


@dataclass(frozen=True)
class PhoneTrainingConfig:
    """Attributes:
    num_steps: steps of AdamW; the learning rate rises for a twentieth of them, then falls as a cosine.
    batch_size: crops in one step, each plain and in a changed voice.
    crop_labels: length of a crop in frames of 20 ms.
    learning_rate: the highest.
    weight_decay: of AdamW.
    mouth_weight: of the mouth classes' cross-entropy beside the phones'.
    agreement_weight: of the squared difference between the features of the changed sound and of the
        plain one, which is the same speech; from `AGREES_FROM` of the steps on.
    dropout: share of the speech model's states that are set to zero.
    label_smoothing: of both; labels are off by 10 to 50 ms where they come from alignment.
    interval: steps between measurements and checkpoints.
    seed: of weights and crops.
    bfloat16: whether matrix products run in bfloat16: more than twice as fast on processors that have it.
    """

    num_steps: int = 1600
    batch_size: int = 32
    crop_labels: int = 150
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    mouth_weight: float = 0.5
    agreement_weight: float = 1.0
    dropout: float = 0.1
    label_smoothing: float = 0.05
    interval: int = 150
    seed: int = 0
    bfloat16: bool = False
    network: PhoneNetworkConfig = field(default_factory=PhoneNetworkConfig)


def train_phones(
    clips: list[PhoneClip],
    out: Path,
    speech_model: SpeechModel,
    config: PhoneTrainingConfig = PhoneTrainingConfig(),
    progress: Progress = no_progress,
) -> EmbeddedEncoder:
    """Fit a network to the train clips; measure on the val clips; go on from a checkpoint if there is one.

    Writes to `out`: `heard`, the clips as the speech model hears them; `checkpoint.safetensors` (weights
    and the optimizer's moments), `progress.csv`, and at every interval the encoder itself (see
    `EmbeddedEncoder.save`).

    Args:
        clips: of `load_clips`.
        out: folder of the run.
        speech_model: hears; it stays as it is.
        config: of the fit.
        progress: told the source that is being heard, its clips done and their number.
    """
    torch.manual_seed(config.seed)
    held_out = [clip for clip in clips if clip.split == "val"]
    hear_corpus(clips, out / "heard", speech_model, progress)
    learned = open_heard(clips, out / "heard")
    network = PhoneNetwork(config.network)
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
        states, labels = next(batches)
        with torch.autocast("cpu", torch.bfloat16, enabled=config.bfloat16):
            features, phones, mouth = network.train()(functional.dropout(states, config.dropout))
        known = labels != UNKNOWN
        target = torch.where(known, labels, _IGNORE)
        mouth_target = torch.where(known, mouth_of_phone[labels.where(known, 0)], _IGNORE)
        loss = _cross_entropy(phones, target, counts[mouth_of_phone], config)
        loss = loss + config.mouth_weight * _cross_entropy(mouth, mouth_target, counts, config)
        if step >= AGREES_FROM * config.num_steps:
            plain, changed = features.float().chunk(2)
            loss = loss + config.agreement_weight * (changed - plain.detach()).square().mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        step += 1
        sums.append(loss.item())
        if step % config.interval == 0 or step == config.num_steps:
            scores = score(EmbeddedEncoder(speech_model, network), held_out)
            network.requires_grad_(True)
            _log(out / "progress.csv", step, float(np.mean(sums)), time.monotonic() - start, scores)
            notes = {"steps": step, "clips": len(clips), "held_out_accuracy": scores}
            notes["hours"] = round(
                sum(len(clip.labels) for clip in clips if clip.split == "train") / 50 / 3600, 2
            )
            notes["config"] = asdict(config)
            EmbeddedEncoder(speech_model, network, notes).save(out)
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
    clips: list[HeardClip], config: PhoneTrainingConfig, step: int
) -> Iterator[tuple[Float[Tensor, "twice_batch labels width"], Int[Tensor, "twice_batch labels"]]]:
    """Random crops of clips, plain in the first half of the rows, in a changed voice in the second.

    The two halves say the same in the same frames. A source is drawn by `SOURCE_WEIGHTS`, a clip within it
    by its length; after the end of a short one nothing is learned.
    """
    rng = np.random.default_rng([config.seed, step])
    chances = _clip_chances(clips).double().numpy()
    chances /= chances.sum()
    count, width = config.crop_labels, config.network.states_dim
    while True:
        states = torch.zeros(2, config.batch_size, count, width)
        labels = torch.full((2, config.batch_size, count), UNKNOWN, dtype=torch.long)
        for row, i in enumerate(rng.choice(len(clips), config.batch_size, p=chances)):
            clip, copy = clips[i], int(rng.integers(COPIES))
            plain_frames = clip.plain_frames(copy)
            start = int(rng.integers(max(1, len(plain_frames) - count + 1)))
            taken = plain_frames[start : start + count]
            first, span = taken[0], slice(0, len(taken))
            plain = clip.plain(slice(int(first), int(taken[-1]) + 1))
            states[0, row, span] = plain[torch.from_numpy(taken - first)].float()
            states[1, row, span] = clip.changed(copy, slice(start, start + len(taken))).float()
            labels[:, row, span] = torch.from_numpy(clip.labels[taken]).long()
        yield states.flatten(0, 1), labels.flatten(0, 1)


def _clip_chances(clips: Sequence[HeardClip | PhoneClip]) -> Float[Tensor, "clips"]:
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
    return functional.cross_entropy(
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
    tensors = load(path.read_bytes())
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
