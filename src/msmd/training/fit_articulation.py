"""The performer's constants, measured: how one speaker's mouth goes with the phones that he says.

    python -m msmd.training.fit_articulation --data <recordings> --dataset <packed> --out <folder>

GRID's training clips are aligned to their texts; targets are least squares given the dominances, and the
dominances are found by gradient descent through that solution (variable projection, Golub and Pereyra 1973).
Both are held to what is known of phones in general, since 51 words show each phone in few surroundings.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Int
from safetensors.torch import save_file
from torch import Tensor, nn

from msmd.audio.phone_network import MOUTH_CLASSES, PHONES
from msmd.audio.prosody import prosody
from msmd.core.command import run_command
from msmd.core.errors import FormatError
from msmd.core.files import whole_file
from msmd.core.units import EXPRESSION, MOTION_FPS, NUM_ARKIT, NUM_EXPRESSION
from msmd.data.mirror import mirror_matrix
from msmd.data.packed import PackedDataset, Split
from msmd.face.expression_space import load_expression_space
from msmd.face.lip_closure import lip_gap_direction
from msmd.face.readers.arkit_motion import code_of_arkit
from msmd.face.regions import UPPER_FACE
from msmd.synthesis.performer.articulation import Articulation, opening_factor
from msmd.synthesis.performer.dominance import DominanceTable, share_frames, spans_of
from msmd.synthesis.performer.phones import BILABIALS, TimedPhone, fill_silence, name_phones
from msmd.synthesis.performer.style import expression_weights
from msmd.training.audio_encoder.align import Aligner, read_grid_text
from msmd.training.audio_encoder.phones import MOUTH_CLASS_OF_PHONE

STEPS: Final = 150
THINNED: Final = 4
"""The descent looks at every fourth clip, the targets at all."""

REACH_SECONDS: Final = 0.06
"""Where the reaches start, and what they are held to."""

TARGET_FRAMES: Final = 150.0
"""The general opening of a phone counts as much as so many frames in which it has the mouth to itself."""

LEAST_MM: Final = 1.0
"""Opening of all but p, b, m, f, v: a tracker sees tightly rounded lips as closed, which they are not."""

DOMINANCE_WEIGHT: Final = 3e-4
"""Of the squared distance of a dominance from its class's, and of the class's from the usual one."""

_USUAL_MM: Final = {
    0.0: "SIL P B M",
    0.8: "F V",
    1.5: "W",
    2.0: "UW R SH ZH CH JH",
    2.5: "S Z",
    3.0: "T D N TH DH Y UH",
    4.0: "K G NG HH L IY ER",
    5.0: "IH AH OW",
    6.5: "EH EY AO OY",
    7.5: "AE AY AW AA",
}
"""What mouths do in general, in the size of the tracked rig; phones that GRID lacks keep it."""

_USUAL_SHAPES: Final = {
    "UW UH OW W": {"mouthPucker": 0.6},
    "AO OY": {"mouthFunnel": 0.4},
    "R ER": {"mouthFunnel": 0.25, "mouthPucker": 0.15},
    "SH ZH CH JH": {"mouthFunnel": 0.4, "mouthPucker": 0.25},
    "IY EY Y": {"mouthSmile": 0.15, "mouthStretch": 0.25},
    "S Z": {"mouthStretch": 0.15},
    "P B M": {"mouthPress": 0.2, "mouthRollUpper": 0.1, "mouthRollLower": 0.1},
}
"""Likewise; lips of the other phones do nothing of their own."""

_KIN: Final = {"ER": "R", "NG": "K", "OY": "AO", "SH": "CH", "ZH": "JH", "UH": "UW", "HH": "K"}
"""Phones that GRID lacks, and those whose dominance they take. Its h misleads: it is that of "white"."""


@dataclass(frozen=True)
class AlignedClip:
    """Attributes:
    phones: of `fill_silence`.
    expression: what the face did.
    heard: `audio.prosody.prosody` of the sound.
    """

    phones: list[TimedPhone]
    expression: Float32[np.ndarray, "frames 64"]
    heard: Float32[np.ndarray, "frames 8"]


@dataclass(frozen=True)
class _Stack:
    """Clips padded to one length: spans that do not exist lie at -100 s."""

    times: Float[Tensor, "frames"]
    start: Float[Tensor, "clips spans"]
    end: Float[Tensor, "clips spans"]
    phone: Int[Tensor, "clips spans"]
    loudness: Float[Tensor, "clips spans"]
    opening: Float[Tensor, "clips frames"]
    shape: Float[Tensor, "clips frames 64"]
    valid: Bool[Tensor, "clips frames"]


class _Dominances(nn.Module):
    """A dominance for each mouth class, and what each phone departs from it."""

    def __init__(self) -> None:
        super().__init__()
        self.of_class = nn.Parameter(torch.zeros(5, len(MOUTH_CLASSES)))
        self.of_phone = nn.Parameter(torch.zeros(5, len(PHONES)))
        self.gain = nn.Parameter(torch.zeros(()))

    def table(self) -> DominanceTable:
        raw = self.of_class[:, MOUTH_CLASS_OF_PHONE.astype(int)] + self.of_phone
        usual = float(np.log(REACH_SECONDS))
        return DominanceTable(
            log_strength=raw[0],
            lead_seconds=0.02 + 0.02 * raw[1],
            log_before=usual + raw[2],
            log_after=usual + raw[3],
            core=torch.sigmoid(raw[4]),
        )

    def distance(self) -> Float[Tensor, ""]:
        return self.of_class.square().sum() + 2 * self.of_phone.square().sum()


def align_clips(dataset: Path, data: Path, split: Split, kept: Path) -> list[AlignedClip]:
    """GRID's clips of one split that can be aligned; alignments are kept in `kept` for the next run."""
    packed, aligner = PackedDataset(dataset), Aligner()
    known = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    clips = []
    for clip in packed.select(split):
        if clip.corpus != "grid":
            continue
        stem, samples = clip.id.split("/")[1], packed.sound(clip.id)
        if stem not in known:
            text = read_grid_text(data / "grid" / "align" / f"{stem}.align")
            known[stem] = aligner.align(samples, text)
        if known[stem]:
            phones = fill_silence(name_phones(known[stem]), clip.frames / float(MOTION_FPS))
            clips.append(AlignedClip(phones, packed.motion(clip.id)[:, EXPRESSION], prosody(samples)))
    with whole_file(kept) as aside:
        aside.write_text(json.dumps(known), encoding="utf-8")
    if not clips:
        raise FormatError(f"{dataset} has no {split} clips of GRID: make them first (`msmd curate`).")
    return clips


def fit(clips: Sequence[AlignedClip], steps: int = STEPS) -> Articulation:
    """Constants from aligned clips.

    Args:
        clips: of one speaker.
        steps: of the descent for each of opening and shape.
    """
    direction = find_opening_direction(np.concatenate([clip.expression for clip in clips]))
    stack = _stack(clips, direction)
    usual, usual_shapes = _usual(direction)
    opening, opening_mm = _fit_tier(stack, stack.opening[..., None], usual[:, None], steps, loud=True)
    # Codes times their scales are millimetres, weighted by how much each landmark counts.
    scales = torch.from_numpy(load_expression_space().scales)
    shape, shapes = _fit_tier(stack, stack.shape * scales, usual_shapes * scales, steps, loud=False)
    shapes = _without_gap(torch.from_numpy(_lower_face((shapes / scales).numpy())), direction)
    opening_mm = torch.maximum(opening_mm[:, 0], usual.clamp(max=LEAST_MM))
    opening_mm[[PHONES.index(name) for name in BILABIALS]] = 0.0
    tables = [opening.table(), shape.table()]
    for name, other in _KIN.items():
        mine, theirs = PHONES.index(name), PHONES.index(other)
        opening_mm[mine], shapes[mine] = usual[mine], usual_shapes[mine]
        for table in tables:
            for values in vars(table).values():
                values.data[mine] = values.data[theirs]
    first, second = (DominanceTable(**{k: v.detach().clone() for k, v in vars(t).items()}) for t in tables)
    return Articulation(opening_mm, first, float(opening.gain.detach()), shapes, second, direction)


def _usual(direction: Float32[np.ndarray, "64"]) -> tuple[Float[Tensor, "40"], Float[Tensor, "40 64"]]:
    """Openings and shapes of mouths in general."""
    opening_mm, weights = torch.zeros(len(PHONES)), np.zeros((len(PHONES), NUM_ARKIT), np.float32)
    for millimetres, names in _USUAL_MM.items():
        opening_mm[[PHONES.index(name) for name in names.split()]] = millimetres
    for names, expression in _USUAL_SHAPES.items():
        weights[[PHONES.index(name) for name in names.split()]] = expression_weights(expression)
    shapes = torch.from_numpy(_lower_face(code_of_arkit(weights)))
    return opening_mm, _without_gap(shapes, direction)


def _without_gap(
    shapes: Float[Tensor, "poses 64"], direction: Float32[np.ndarray, "64"]
) -> Float[Tensor, "poses 64"]:
    return shapes - (shapes @ torch.from_numpy(lip_gap_direction()))[:, None] * torch.from_numpy(direction)


def find_opening_direction(expression: Float32[np.ndarray, "frames 64"]) -> Float32[np.ndarray, "64"]:
    """How the lower face most likely changes when the lips part by 1 mm: the regression on the gap."""
    centred = expression - expression.mean(axis=0)
    with_gap = centred.T @ (centred @ lip_gap_direction())
    direction = _lower_face(with_gap[None])[0]
    return (direction / (lip_gap_direction() @ direction)).astype(np.float32)


def _lower_face(codes: Float[np.ndarray, "poses 64"]) -> Float32[np.ndarray, "poses 64"]:
    """The codes without what they do to eyes, brows and forehead, the same on both sides."""
    space, mirror = load_expression_space(), mirror_matrix()[EXPRESSION, EXPRESSION]
    displacement = space.decode(codes.astype(np.float32))
    displacement[:, list(UPPER_FACE)] = 0
    lower = space.encode(displacement)
    return ((lower + lower @ mirror.T) / 2).astype(np.float32)


def _fit_tier(
    stack: _Stack,
    wanted: Float[Tensor, "clips frames dims"],
    usual: Float[Tensor, "40 dims"],
    steps: int,
    loud: bool,
) -> tuple[_Dominances, Float[Tensor, "40 dims"]]:
    """Dominances and targets of one of the two parts of the mouth."""
    model = _Dominances()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
    # Dominances are few numbers, and need fewer clips than the targets do.
    some, some_wanted = _every(stack, THINNED), wanted[::THINNED]
    size = some_wanted[some.valid].square().sum()
    for _ in range(steps):
        _, error = _solve(model, some, some_wanted, usual, loud)
        loss = error / size + DOMINANCE_WEIGHT * model.distance() + 0.002 * model.gain.square()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        targets, _ = _solve(model, stack, wanted, usual, loud)
    return model, targets


def _every(stack: _Stack, nth: int) -> _Stack:
    parts = {name: values if name == "times" else values[::nth] for name, values in vars(stack).items()}
    return _Stack(**parts)


def _solve(
    model: _Dominances, stack: _Stack, wanted: Tensor, usual: Tensor, loud: bool
) -> tuple[Float[Tensor, "40 dims"], Float[Tensor, ""]]:
    """Targets by least squares for the dominances as they are, and the squared error."""
    shares = share_frames(model.table(), stack.times, stack.start, stack.end, stack.phone)
    of_phone = nn.functional.one_hot(stack.phone, len(PHONES)).float()
    if loud:
        of_phone = of_phone * (1 + model.gain * stack.loudness)[..., None]
    design = torch.einsum("cfs,csp->cfp", shares, of_phone)[stack.valid]
    seen = wanted[stack.valid]
    matrix = design.T @ design + TARGET_FRAMES * torch.eye(len(PHONES))
    # Silence is rest by definition: its target is not free.
    right = design.T @ seen + TARGET_FRAMES * usual
    free = torch.arange(1, len(PHONES))
    solved = torch.linalg.solve(matrix[free][:, free], right[free])
    targets = torch.cat([torch.zeros_like(solved[:1]), solved])
    return targets, (design @ targets - seen).square().sum()


def _stack(clips: Sequence[AlignedClip], direction: Float32[np.ndarray, "64"]) -> _Stack:
    spans = [spans_of(clip.phones) for clip in clips]
    count, frames = max(len(one.phone) for one in spans), max(len(clip.expression) for clip in clips)
    shape = (len(clips), count)
    start, end = torch.full(shape, -100.0), torch.full(shape, -99.9)
    phone, loudness = torch.zeros(shape, dtype=torch.long), torch.zeros(shape)
    opening = torch.zeros(len(clips), frames)
    rest = torch.zeros(len(clips), frames, NUM_EXPRESSION)
    valid = torch.zeros(len(clips), frames, dtype=torch.bool)
    for row, (clip, one) in enumerate(zip(clips, spans, strict=True)):
        own, length = len(one.phone), len(clip.expression)
        start[row, :own], end[row, :own], phone[row, :own] = one.start_seconds, one.end_seconds, one.phone
        loudness[row, :own] = opening_factor(one, clip.phones, clip.heard, 1.0) - 1
        gap = clip.expression @ lip_gap_direction()
        opening[row, :length] = torch.from_numpy(gap)
        rest[row, :length] = torch.from_numpy(clip.expression - gap[:, None] * direction)
        valid[row, :length] = True
    times = torch.arange(frames) / float(MOTION_FPS)
    return _Stack(times, start, end, phone, loudness, opening, rest, valid)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m msmd.training.fit_articulation", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of recordings, with grid/align")
    parser.add_argument("--dataset", type=Path, required=True, help="packed by `msmd curate`")
    parser.add_argument("--out", type=Path, required=True, help="folder of alignments and results")
    options = parser.parse_args()
    clips = align_clips(options.dataset, options.data, "train", options.out / "alignments.json")
    fitted = fit(clips)
    with whole_file(options.out / "articulation.safetensors") as aside:
        save_file({name: value.contiguous() for name, value in fitted.tensors().items()}, aside)
    card = {
        "of": "GRID, speaker s1 (CC BY 4.0), the training clips of msmd.data.corpora.grid",
        "clips": len(clips),
        "expression_space": load_expression_space().fingerprint,
        "opening_mm": {name: round(float(fitted.opening_mm[i]), 2) for i, name in enumerate(PHONES)},
        "loudness_gain": round(fitted.loudness_gain, 3),
    }
    with whole_file(options.out / "articulation.json") as aside:
        aside.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(card))


if __name__ == "__main__":
    run_command(main)
