"""Does a reference change the face, and towards itself? Persistent expression of generated lines.

The persistent expression is the mean over a line. The same lines are spoken without a reference and
with each of several; what the reference adds is compared with what it would take to look like it.
Measured in three spaces: the expression code, the landmarks it stands for (mm), and ARKit weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float

from msmd.core.animation import StyleCode
from msmd.core.progress import Progress, no_progress
from msmd.core.units import EXPRESSION
from msmd.evaluation.protocol import Animator, FaceMesh
from msmd.evaluation.records import Row, RowFile
from msmd.evaluation.spoken_lines import SpokenLine

SPACES: Final = ("code", "landmarks", "arkit")
UNSTYLED: Final = "unstyled"


@dataclass(frozen=True)
class StyleReference:
    """A style with the face it was taken from.

    Attributes:
        name: of the reference, such as "Actor_24 happy".
        emotion: acted; references of one emotion are not rivals of each other in `pairwise_rate`.
        code: its style code.
        pose: (67,) mean of its motion.
    """

    name: str
    emotion: str
    code: StyleCode
    pose: Float[np.ndarray, "67"]


@dataclass(frozen=True)
class StyleShift:
    """How generated faces stand to their references, in one space.

    Attributes:
        names, emotions: of the references.
        projection: for each reference, how far the face moves from the unstyled one towards the
            reference, as a fraction of the way; median over lines. 0 ignores it, 1 arrives.
        cosine: direction of that movement against the direction to the reference; median over lines.
        retrieval_rate: how often the nearest of all references is the own one.
        centred_retrieval_rate: the same after the mean over references is taken from both sides, so
            that what the line and the voice add does not count.
        pairwise_rate: share of pairs (own, other of another emotion) in which the own is nearer.
        centred_pairwise_rate: the same, centred.
        matrix: (references, references) mean over lines of the cosine between centred generated
            face (row) and centred reference (column).
    """

    names: tuple[str, ...]
    emotions: tuple[str, ...]
    projection: tuple[float, ...]
    cosine: tuple[float, ...]
    retrieval_rate: float
    centred_retrieval_rate: float
    pairwise_rate: float
    centred_pairwise_rate: float
    matrix: Float[np.ndarray, "references references"]


def run_style_shift(
    animator: Animator,
    lines: Sequence[SpokenLine],
    references: Sequence[StyleReference],
    mesh: FaceMesh,
    rows: RowFile,
    progress: Progress = no_progress,
) -> None:
    """Speak every line without and with every reference; keep the mean faces that `rows` lacks."""
    styles: dict[str, StyleCode | None] = {UNSTYLED: None}
    styles |= {reference.name: reference.code for reference in references}
    total = len(lines) * len(styles)
    for number, (line, name) in enumerate((line, name) for line in lines for name in styles):
        progress("styles", number, total)
        key = f"{line.key}/{name}"
        if key in rows:
            continue
        motion = animator.animate(line.samples, styles[name]).motion.values
        row = {"line": line.name, "style": name, "code": _rounded(motion[:, EXPRESSION].mean(axis=0))}
        rows.append(key, row | {"arkit": _rounded(mesh.arkit(motion).mean(axis=0))})
    progress("styles", total, total)


def analyse_style_shift(
    rows: Sequence[Row], references: Sequence[StyleReference], mesh: FaceMesh
) -> dict[str, StyleShift]:
    """What the rows of `run_style_shift` say, in each of `SPACES`.

    Lines that were not spoken with every reference are left out.
    """
    names = [UNSTYLED, *(reference.name for reference in references)]
    by_line: dict[str, dict[str, Row]] = {}
    for row in rows:
        by_line.setdefault(str(row["line"]), {})[str(row["style"])] = row
    complete = [styles for styles in by_line.values() if set(names) <= styles.keys()]
    result = {}
    for space in SPACES:
        faces = np.array([[_face_of_row(styles[name], space, mesh) for name in names] for styles in complete])
        targets = np.array([_face_of_reference(reference, space, mesh) for reference in references])
        result[space] = _compare(references, faces[:, 0], faces[:, 1:], targets)
    return result


def _compare(
    references: Sequence[StyleReference],
    unstyled: Float[np.ndarray, "lines dim"],
    styled: Float[np.ndarray, "lines references dim"],
    targets: Float[np.ndarray, "references dim"],
) -> StyleShift:
    way = targets[None] - unstyled[:, None]
    shift = styled - unstyled[:, None]
    along = (shift * way).sum(axis=-1)
    projection = along / np.maximum(np.square(way).sum(axis=-1), 1e-12)
    cosine = along / np.maximum(np.linalg.norm(shift, axis=-1) * np.linalg.norm(way, axis=-1), 1e-12)
    centred = styled - styled.mean(axis=1, keepdims=True)
    centred_targets = targets - targets.mean(axis=0)
    emotions = tuple(reference.emotion for reference in references)
    retrieval, pairwise = _nearest_rates(styled, targets, emotions)
    centred_retrieval, centred_pairwise = _nearest_rates(centred, centred_targets, emotions)
    return StyleShift(
        names=tuple(reference.name for reference in references),
        emotions=emotions,
        projection=tuple(float(value) for value in np.median(projection, axis=0)),
        cosine=tuple(float(value) for value in np.median(cosine, axis=0)),
        retrieval_rate=retrieval,
        centred_retrieval_rate=centred_retrieval,
        pairwise_rate=pairwise,
        centred_pairwise_rate=centred_pairwise,
        matrix=(_unit(centred) @ _unit(centred_targets).T).mean(axis=0),
    )


def _nearest_rates(
    faces: Float[np.ndarray, "lines references dim"],
    targets: Float[np.ndarray, "references dim"],
    emotions: tuple[str, ...],
) -> tuple[float, float]:
    distance = np.linalg.norm(faces[:, :, None] - targets[None, None], axis=-1)
    own = np.arange(len(targets))
    retrieval = float((distance.argmin(axis=2) == own).mean())
    rivals = np.array([[a != b for b in emotions] for a in emotions])
    nearer = distance[:, own, own][:, :, None] < distance
    return retrieval, float(nearer[:, rivals].mean()) if rivals.any() else float("nan")


def _face_of_row(row: Row, space: str, mesh: FaceMesh) -> np.ndarray:
    if space == "arkit":
        return np.array(row["arkit"])
    return _in_space(np.array(row["code"]), space, mesh)


def _face_of_reference(reference: StyleReference, space: str, mesh: FaceMesh) -> np.ndarray:
    if space == "arkit":
        return mesh.arkit(reference.pose[None].astype(np.float32))[0].astype(np.float64)
    return _in_space(reference.pose[EXPRESSION], space, mesh)


def _in_space(code: np.ndarray, space: str, mesh: FaceMesh) -> np.ndarray:
    """The code itself, or the landmarks it decodes to: decoding is linear, so means stay means."""
    if space == "code":
        return code.astype(np.float64)
    motion = np.zeros((1, 67), np.float32)
    motion[0, EXPRESSION] = code
    return mesh.displacements(motion).astype(np.float64).ravel()


def _unit(values: np.ndarray) -> np.ndarray:
    return values / np.maximum(np.linalg.norm(values, axis=-1, keepdims=True), 1e-12)


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 5) for value in values]


def mean_references(
    faces: Mapping[str, Sequence[np.ndarray]], codes: Mapping[str, StyleCode]
) -> list[StyleReference]:
    """Built-in styles as references: their face is the mean of recorded motions of the same emotion.

    Args:
        faces: emotion -> motions (frames, 67).
        codes: built-in styles by name; those without a recorded emotion of that name are left out.
    """
    return [
        StyleReference(f"built-in {name}", name, code, np.concatenate(list(faces[name])).mean(axis=0))
        for name, code in codes.items()
        if faces.get(name)
    ]
