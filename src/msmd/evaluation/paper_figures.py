"""Figures 5, 6 and 7 of the paper from bundles and held-out recordings: `msmd figures`.

Everything is drawn on the rig, references included, so that no recorded person is shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float32, UInt8

from msmd.core.animation import Animation, Motion
from msmd.core.errors import MsmdError
from msmd.core.units import EXPRESSION, HEAD_ROTATION, MOTION_FPS, SAMPLE_RATE_HZ
from msmd.evaluation.figures import new_figure, save_figure
from msmd.evaluation.lip_sync import level_db
from msmd.evaluation.paper_tables import LAYOUTS, variant_of
from msmd.evaluation.protocol import FaceMesh, Performance
from msmd.face.arkit_weights import arkit_of_motion
from msmd.face.rig import load_rig
from msmd.render.face import render_frames

COLUMNS: Final = 6
FACE: Final = (slice(0.10, 0.76), slice(0.20, 0.80))
"""Rows and columns of a picture that hold the face, as shares of its size."""

_LINE_SECONDS: Final = 6.0
_INCHES: Final = 1.25
_COLORS: Final = ("#c8553d", "#28666e", "#e09f3e", "#5b5f97", "#7f9c5a", "#8d5a97", "#4d8fac", "#555555")


@dataclass(frozen=True)
class Performed:
    """A line as one model speaks it.

    Attributes:
        label: of the model.
        animation: with alpha and basis.
    """

    label: str
    animation: Animation


def choose_line(performances: Sequence[Performance], clip: str | None = None) -> Performance:
    """What is spoken: a clip by its name, or that without acted emotion whose length is nearest to 6 s.

    Raises:
        MsmdError: there is no such clip.
    """
    if clip is not None:
        return _named(performances, clip)
    plain = [one for one in performances if one.emotion in ("unknown", "neutral") and one.has_lips]
    if not plain:
        raise MsmdError("no held-out clip without acted emotion: name one with --audio.")
    ideal = _LINE_SECONDS * float(MOTION_FPS)
    return min(plain, key=lambda one: (one.emotion != "unknown", abs(len(one.motion) - ideal), one.clip))


def choose_references(
    performances: Sequence[Performance],
    mesh: FaceMesh,
    speaker: str,
    clips: Sequence[str] = (),
    count: int = 3,
) -> list[Performance]:
    """In whose manner: clips by their names, or the most marked one of each of some acted emotions.

    Marked: its mean face is farthest from the neutral one.

    Args:
        performances: held out.
        mesh: distances are taken on.
        speaker: of the line; another one gives the style.
        clips: names; none: chosen.
        count: emotions to choose.

    Raises:
        MsmdError: there are no such clips.
    """
    if clips:
        return [_named(performances, clip) for clip in clips]
    strongest: dict[str, tuple[float, Performance]] = {}
    for one in performances:
        acted = one.emotion not in ("unknown", "neutral", "calm") and one.speaker != speaker
        if acted and one.has_lips and one.has_upper_face:
            mean = mesh.displacements(one.motion).mean(axis=0)
            size = float(np.linalg.norm(mean, axis=-1).mean())
            if size > strongest.get(one.emotion, (0.0, one))[0]:
                strongest[one.emotion] = (size, one)
    chosen = sorted(strongest.values(), key=lambda pair: -pair[0])[:count]
    if not chosen:
        raise MsmdError("no held-out clip of an acted emotion: name references with --style.")
    return [one for _, one in chosen]


def order_models(names: Sequence[str]) -> list[tuple[str, str]]:
    """(bundle, label) in the order of the paper's tables, the proposed model last."""
    known: dict[str, str] = {}
    for layout in LAYOUTS:
        for variant, label in layout.rows.items():
            known.setdefault(variant, label)
    places = [variant for variant in known if variant != "msmd"]

    def place(name: str) -> int:
        variant = variant_of(name)
        if variant == "msmd":
            return len(places) + 1
        return places.index(variant) if variant in places else len(places)

    return [(name, known.get(variant_of(name), name)) for name in sorted(names, key=place)]


def draw_grid(
    line: Performance,
    blocks: Sequence[tuple[Performance, Sequence[Performed]]],
    path: Path,
    size_px: int = 320,
) -> None:
    """Fig. 5: for each reference its own performance, then what each model makes of it, over time.

    Args:
        line: whose sound is spoken; its waveform tells the moments that are shown.
        blocks: (reference, the line as each model speaks it in that style).
        path: of the picture.
        size_px: of each picture before it is cut to the face.

    Raises:
        MsmdError: matplotlib is not installed.
        OutputError: `path` cannot be written.
    """
    moments = _loud_moments(line.samples, COLUMNS)
    rows = sum(1 + len(performed) for _, performed in blocks)
    aspect = (FACE[0].stop - FACE[0].start) / (FACE[1].stop - FACE[1].start)
    figure = new_figure(1.3 + COLUMNS * _INCHES, 0.75 + rows * _INCHES * aspect + 0.12 * len(blocks))
    heights = [0.45]
    for _, performed in blocks:
        heights += [aspect * _INCHES] * (1 + len(performed)) + [0.06]
    grid = figure.add_gridspec(len(heights), COLUMNS, height_ratios=heights, hspace=0.0, wspace=0.0)
    figure.set_layout_engine("constrained", w_pad=0.01, h_pad=0.01, hspace=0, wspace=0)
    _draw_wave(figure.add_subplot(grid[0, :]), line.samples, moments)
    number = 1
    for reference, performed in blocks:
        own = np.linspace(0.1, 0.9, COLUMNS) * (len(reference.motion) - 1)
        label = f"reference\n{reference.emotion}"
        _draw_row(figure, grid, number, label, _pictures(reference.motion[own.astype(int)], size_px), True)
        for place, one in enumerate(performed, start=1):
            motion = one.animation.motion.values
            frames = np.minimum(moments, len(motion) - 1)
            _draw_row(figure, grid, number + place, one.label, _pictures(motion[frames], size_px))
        number += len(performed) + 2
    save_figure(figure, path)


def draw_bases(
    reference: Performance, performed: Sequence[Performed], mesh: FaceMesh, path: Path, size_px: int = 320
) -> None:
    """Fig. 6: the style basis of models of several K, each pose on the rig, beside the reference.

    A basis may have any length and sign, as alpha has. Each pose is drawn on the side of its mean
    alpha and as far from the neutral face as the reference's mean face is. The last column is what all
    of them add on average, in its true size.

    Args:
        reference: whose style it is.
        performed: the same line by each model.
        mesh: sizes are taken on.
        path: of the picture.
        size_px: of each picture before it is cut to the face.

    Raises:
        MsmdError: a model without a style basis; matplotlib is not installed.
        OutputError: `path` cannot be written.
    """
    if bare := [one.label for one in performed if not len(one.animation.basis)]:
        raise MsmdError(f"{', '.join(bare)} has no style basis: leave it out of Fig. 6.")
    performed = sorted(performed, key=lambda one: len(one.animation.basis))
    most = max(len(one.animation.basis) for one in performed)
    mean_face = reference.motion.mean(axis=0)
    target_mm = _size_mm(mean_face, mesh)
    columns = most + 2
    aspect = (FACE[0].stop - FACE[0].start) / (FACE[1].stop - FACE[1].start)
    row_inches = _INCHES * aspect + 0.22
    figure = new_figure(0.8 + columns * _INCHES, 0.1 + len(performed) * row_inches)
    grid = figure.add_gridspec(len(performed), columns, hspace=0.0, wspace=0.0)
    figure.set_layout_engine("constrained", w_pad=0.01, h_pad=0.02, hspace=0, wspace=0)
    for row, one in enumerate(performed):
        basis, alpha = one.animation.basis, one.animation.alpha
        poses, titles = [mean_face], ["reference"]
        for k, (pose, strength) in enumerate(zip(basis, alpha.mean(axis=0), strict=True)):
            side = -1.0 if strength < 0 else 1.0
            poses.append(side * pose * target_mm / max(_size_mm(pose, mesh), 1e-6))
            titles.append(f"$B_{k + 1}$   $\\alpha$ {strength:.2g} ± {alpha[:, k].std():.2g}")
        poses.append(alpha.mean(axis=0) @ basis)
        titles.append("sum of $\\bar\\alpha_k B_k$")
        places = [*range(len(poses) - 1), columns - 1]
        for place, picture, title in zip(places, _pictures(np.stack(poses), size_px), titles, strict=True):
            axes = figure.add_subplot(grid[row, place])
            _show(axes, picture)
            axes.set_title(title, fontsize=6.5, pad=2)
            if place == 0:
                axes.set_ylabel(f"K = {len(basis)}", fontsize=9)
    save_figure(figure, path)


def draw_alphas(line: Performance, performed: Sequence[Performed], path: Path) -> None:
    """Fig. 7: alpha over time for each basis, over the waveform, a panel for each model or style.

    Raises:
        MsmdError: matplotlib is not installed.
        OutputError: `path` cannot be written.
    """
    figure = new_figure(7.2, 0.9 + 1.5 * len(performed))
    heights = [0.5, *[1.0] * len(performed)]
    grid = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    sound = figure.add_subplot(grid[0])
    _draw_wave(sound, line.samples, np.array([], int))
    duration = len(line.samples) / SAMPLE_RATE_HZ
    for row, one in enumerate(performed, start=1):
        axes = figure.add_subplot(grid[row])
        alpha = one.animation.alpha
        seconds = (np.arange(len(alpha)) + 0.5) / float(MOTION_FPS)
        for k in range(alpha.shape[1]):
            axes.plot(
                seconds, alpha[:, k], color=_COLORS[k % len(_COLORS)], lw=1.4, label=f"$\\alpha_{k + 1}$"
            )
        axes.axhline(0, color="0.8", lw=0.8, zorder=0)
        axes.set_xlim(0, duration)
        axes.set_title(one.label, loc="left", fontsize=9)
        axes.set_ylabel("$\\alpha$")
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelbottom=row == len(performed))
        if row == 1:
            axes.legend(ncols=8, fontsize=8, loc="lower right", bbox_to_anchor=(1, 1), frameon=False)
        if row == len(performed):
            axes.set_xlabel("seconds")
    save_figure(figure, path)


def _named(performances: Sequence[Performance], clip: str) -> Performance:
    known: Mapping[str, Performance] = {one.clip: one for one in performances}
    if clip not in known:
        some = ", ".join(sorted(known)[:5])
        raise MsmdError(f"no held-out clip {clip!r}. There are {len(known)}, such as {some}.")
    return known[clip]


def _loud_moments(samples: np.ndarray, count: int) -> np.ndarray:
    """Frames in speech, evenly spread over it: the loudest frame near each of `count` even places."""
    level = level_db(samples, len(samples) * int(MOTION_FPS) // SAMPLE_RATE_HZ)
    spoken = np.flatnonzero(level > np.percentile(level, 95) - 25)
    edges = np.linspace(spoken[0], spoken[-1] + 1, count + 1).astype(int)
    loudest = [start + int(level[start : max(start + 1, end)].argmax()) for start, end in pairwise(edges)]
    return np.array(loudest)


def _size_mm(pose: np.ndarray, mesh: FaceMesh) -> float:
    motion = np.zeros((1, len(pose)), np.float32)
    motion[0, EXPRESSION] = pose[EXPRESSION]
    return float(np.linalg.norm(mesh.displacements(motion)[0], axis=-1).mean())


def _pictures(motion: Float32[np.ndarray, "frames 67"], size_px: int) -> list[UInt8[np.ndarray, "_ _ 3"]]:
    """Faces of some frames, head at rest, cut to the face."""
    still = np.array(motion, np.float32)
    still[:, HEAD_ROTATION] = 0
    vertices = load_rig().vertices(arkit_of_motion(Motion(still)))
    pictures = render_frames(vertices, np.zeros((len(still), 3)), size_px)
    return [cut_to_face(picture) for picture in pictures]


def cut_to_face(picture: UInt8[np.ndarray, "_ _ 3"]) -> UInt8[np.ndarray, "_ _ 3"]:
    """The part of a square picture that holds the face."""
    rows, columns = (slice(int(len(picture) * part.start), int(len(picture) * part.stop)) for part in FACE)
    return picture[rows, columns]


def _draw_row(
    figure, grid, number: int, label: str, pictures: Sequence[np.ndarray], first: bool = False
) -> None:
    for place, picture in enumerate(pictures):
        axes = figure.add_subplot(grid[number, place])
        _show(axes, picture)
        if place == 0:
            weight = "bold" if label == "MSMD" or first else "normal"
            axes.set_ylabel(label, fontsize=8, rotation=0, ha="right", va="center", labelpad=5, weight=weight)


def _show(axes, picture: np.ndarray) -> None:
    axes.imshow(picture)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)


def _draw_wave(axes, samples: np.ndarray, moments: np.ndarray) -> None:
    seconds = np.arange(len(samples)) / SAMPLE_RATE_HZ
    axes.plot(seconds, samples, color="0.6", linewidth=0.3)
    limit = max(1e-3, float(np.abs(samples).max()))
    for frame in moments:
        axes.axvline((frame + 0.5) / float(MOTION_FPS), color=_COLORS[0], linewidth=1)
    axes.set_xlim(0, len(samples) / SAMPLE_RATE_HZ)
    axes.set_ylim(-limit, limit)
    axes.axis("off")
