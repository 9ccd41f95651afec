"""What capture is worth, measured: the tables of docs/capture.md.

    python tools/measure_capture.py renders WORK         # error in mm on people who do not exist
    python tools/measure_capture.py films WORK           # the same, filmed: tracked and smoothed over time
    python tools/measure_capture.py held WORK            # expressions that are held while talking
    python tools/measure_capture.py action-units DATA    # RAVDESS: OpenFace's action units, our weights
    python tools/measure_capture.py speed DATA           # frames per second of the whole capture
    python tools/measure_capture.py strips OUT VIDEO...  # frames over the rig, to be looked at

WORK keeps renders between runs. DATA holds recordings; strips show real faces and belong into no repository.
"""

import argparse
import csv
import gzip
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from msmd.core.animation import Motion
from msmd.core.units import ARKIT_NAMES, MOTION_FPS
from msmd.data.tracking import capture, motion_of_face
from msmd.data.video import read_pictures
from msmd.face.arkit_weights import arkit_of_motion, solve_arkit
from msmd.face.expression_encoder import load_expression_encoder
from msmd.face.expression_space import load_expression_space
from msmd.face.geometry import metric_landmarks
from msmd.face.neutral import Neutral, choose_neutral, speaker_neutral
from msmd.face.raw_landmarks import RawLandmarks
from msmd.face.regions import BROWS, EYES, LIPS
from msmd.face.rig import load_rig
from msmd.face.seen_face import SeenFace
from msmd.face.shown import shown_displacement
from msmd.render.face import FaceRenderer
from msmd.training.expression_encoder.portraits import SIDE_PX
from msmd.training.expression_encoder.shoot import (
    HELD,
    TEST_SEED,
    Renders,
    draw_films,
    draw_talkers,
    load_renders,
    shoot,
)

REGIONS: Mapping[str, Sequence[int]] = {"face": range(468), "lips": LIPS, "lids": EYES, "brows": BROWS}
MEASURED_BY: Mapping[str, Sequence[str]] = {
    "smile": ("mouthSmileLeft", "mouthSmileRight"),
    "lowerDown": ("mouthLowerDownLeft", "mouthLowerDownRight"),
    "browDown": ("browDownLeft", "browDownRight"),
    "browUp": ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"),
    "squint": ("eyeSquintLeft", "eyeSquintRight"),
}
"""The weights whose mean says how much of a held expression is recovered."""

UNITS: Mapping[str, Sequence[str]] = {
    "AU01": ("browInnerUp",),
    "AU02": ("browOuterUpLeft", "browOuterUpRight"),
    "AU04": ("browDownLeft", "browDownRight"),
    "AU06": ("cheekSquintLeft", "cheekSquintRight"),
    "AU12": ("mouthSmileLeft", "mouthSmileRight"),
    "AU15": ("mouthFrownLeft", "mouthFrownRight"),
    "AU25": ("jawOpen",),
    "AU26": ("jawOpen",),
}
"""OpenFace's unit -> the weights whose mean it is compared with."""

STRIP_PX, STRIP_MOMENTS = 160, 12
RENDER_PX = 264
"""Of which the strip shows the face: so many pixels from the left, from the top."""
FACE_AT = (52, 44)


def clips_of(renders: Renders, looks: bool) -> Iterator[tuple[int, SeenFace, SeenFace, np.ndarray]]:
    """Of each person and clip: its number, the face at rest, the clip, the true weights."""
    seen = load_expression_encoder().look(renders.crops) if looks else None

    def face(index: np.ndarray) -> SeenFace:
        pose_free, rotation = metric_landmarks(renders.landmarks[index], SIDE_PX, SIDE_PX)
        return SeenFace(
            pose_free, rotation, np.arange(len(index)) / 25, None if seen is None else seen[index]
        )

    for person in np.unique(renders.person):
        own = renders.person == person
        rest = np.flatnonzero(own & renders.neutral)
        for clip in np.unique(renders.clip[own & ~renders.neutral]):
            moments = np.flatnonzero(own & (renders.clip == clip))
            if len(rest) and len(moments) >= 4:
                yield int(clip), face(rest), face(moments), renders.weights[moments]


def read_clip(rest: SeenFace, clip: SeenFace, given: bool, wish: str = "auto") -> np.ndarray:
    """ARKit weights of a clip by way of the expression code, as `msmd capture` has them."""
    neutral = choose_neutral(clip, wish)
    if given:
        neutral = Neutral(rest.pose_free.mean(axis=0), "rest", rest_of(rest))
    space = load_expression_space()
    return solve_arkit(space.decode(space.encode(shown_displacement(clip, neutral))))


def methods(rest: SeenFace, clip: SeenFace) -> dict[str, np.ndarray]:
    """Weights by each way of having a neutral, and by what was there before the encoder."""
    space = load_expression_space()

    def landmarks_only(neutral: np.ndarray) -> np.ndarray:
        return solve_arkit(space.decode(space.encode(clip.pose_free - neutral)))

    return {
        "encoder alone, neutral given": clip.read(rest.embedded.mean(axis=0)),
        "encoder alone, neutral not known": clip.read(),
        "neutral given": read_clip(rest, clip, given=True),
        "neutral estimated": read_clip(rest, clip, given=False),
        "landmarks alone, neutral given": landmarks_only(rest.pose_free.mean(axis=0)),
        "landmarks alone, quiet frames": landmarks_only(speaker_neutral([clip.pose_free]).landmarks),
    }


def measure_renders(work: Path, people: int) -> None:
    shoot(work / "portraits", people, TEST_SEED, progress=tell)
    shapes = load_rig().landmark_shapes
    errors: dict[str, list[np.ndarray]] = {}
    for _, rest, clip, truth in clips_of(load_renders(work / "portraits"), looks=True):
        found = methods(rest, clip) | {"zero expression": np.zeros_like(truth)}
        for name, weights in found.items():
            off = np.linalg.norm(np.tensordot(weights - truth, shapes, 1), axis=2)
            errors.setdefault(name, []).append(
                np.array([off[:, list(region)].mean() for region in REGIONS.values()])
            )
    print_errors(errors, people)


def measure_films(work: Path, people: int) -> None:
    shoot(work / "films", people, TEST_SEED, draw_films, tell, film=True)
    shapes = load_rig().landmark_shapes
    errors: dict[str, list[np.ndarray]] = {}
    renders = load_renders(work / "films")
    clips = zip(clips_of(renders, looks=True), clips_of(renders, looks=False), strict=True)
    for (_, rest, clip, truth), (_, blind_rest, blind, _) in clips:
        found = {
            "neutral given": film_weights(clip, Neutral(rest.pose_free.mean(axis=0), "", rest_of(rest))),
            "neutral estimated": film_weights(clip, "auto"),
            "landmarks alone, neutral given": film_weights(
                blind, Neutral(blind_rest.pose_free.mean(axis=0), "")
            ),
            "landmarks alone, quiet frames": film_weights(blind, "quiet"),
            "zero expression": np.zeros_like(truth),
        }
        for name, weights in found.items():
            off = np.linalg.norm(np.tensordot(weights[: len(truth)] - truth, shapes, 1), axis=2)
            errors.setdefault(name, []).append(
                np.array([off[:, list(region)].mean() for region in REGIONS.values()])
            )
    print_errors(errors, people)


def film_weights(clip: SeenFace, neutral: Neutral | str) -> np.ndarray:
    """What `msmd capture` writes of a film, as ARKit weights, frame by frame."""
    return solve_arkit(load_expression_space().decode(motion_of_face(clip, neutral).expression))


def rest_of(rest: SeenFace) -> np.ndarray:
    return rest.embedded.mean(axis=0)


def print_errors(errors: Mapping[str, Sequence[np.ndarray]], people: int) -> None:
    print(f"| mm, mean over {people} people | {' | '.join(REGIONS)} |\n|---|{'---|' * len(REGIONS)}")
    for name, rows in errors.items():
        print(f"| {name} | {' | '.join(f'{value:.2f}' for value in np.mean(rows, axis=0))} |")


def measure_held(work: Path, people: int) -> None:
    shoot(work / "talkers", people, TEST_SEED, draw_talkers, progress=tell)
    names = list(HELD)
    means: dict[str, dict[str, list[np.ndarray]]] = {}
    for clip, rest, face, _ in clips_of(load_renders(work / "talkers"), looks=True):
        for method, weights in methods(rest, face).items():
            by_measure = [weights[:, indices(shapes)].mean() for shapes in MEASURED_BY.values()]
            means.setdefault(method, {}).setdefault(names[clip], []).append(np.array(by_measure))
    print(f"| recovered / true | {' | '.join(MEASURED_BY)} |\n|---|{'---|' * len(MEASURED_BY)}")
    for method, found in means.items():
        shares = []
        for column, name in enumerate(MEASURED_BY):
            more = np.mean(found[name], axis=0)[column] - np.mean(found["none"], axis=0)[column]
            shares.append(more / next(iter(HELD[name].values())))
        print(f"| {method} | {' | '.join(f'{share:.2f}' for share in shares)} |")


def measure_action_units(data: Path) -> None:
    videos = sorted((data / "ravdess" / "video").glob("*.mp4"))
    faces, units = {}, {}
    for video in videos:
        key = "01-" + video.stem[3:]
        table = data / "ravdess" / "openface_au" / f"Actor_{video.stem[-2:]}" / f"{key}.csv.gz"
        if table.is_file():
            faces[video.stem] = SeenFace.of_raw(capture(video)[1])
            units[video.stem] = read_units(table)
    calm = [face for stem, face in faces.items() if stem.split("-")[2] == "01"]
    actor = speaker_neutral([face.pose_free for face in calm], embedded=[face.embedded for face in calm])
    print(f"| correlation, {len(faces)} clips | {' | '.join(UNITS)} |\n|---|{'---|' * len(UNITS)}")
    for name, neutral in (
        ("neutral clips of the actor", actor),
        ("neutral estimated", "auto"),
        ("quiet frames", "quiet"),
    ):
        pooled: dict[str, list[np.ndarray]] = {unit: [] for unit in UNITS}
        within: dict[str, list[float]] = {unit: [] for unit in UNITS}
        for stem, face in faces.items():
            weights = arkit_of_motion(motion_of_face(face, neutral))
            for unit, shapes in UNITS.items():
                ours = weights[:, indices(shapes)].mean(axis=1)
                at = np.arange(len(ours)) / float(MOTION_FPS) * 30000 / 1001
                theirs = np.interp(at, np.arange(len(units[stem][unit])), units[stem][unit])
                pooled[unit].append(np.stack([ours, theirs]))
                within[unit].append(correlation(ours, theirs))
        for kind, values in (
            ("all frames", [correlation(*np.concatenate(pairs, axis=1)) for pairs in pooled.values()]),
            ("within clips", [float(np.nanmean(values)) for values in within.values()]),
        ):
            print(f"| {name}, {kind} | {' | '.join(f'{value:.2f}' for value in values)} |")


def read_units(path: Path) -> dict[str, np.ndarray]:
    """OpenFace's intensities of `UNITS`."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    return {unit: np.array([float(row[f"{unit}_r"]) for row in rows]) for unit in UNITS}


def correlation(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Pearson's; NaN where one of the two does not move."""
    if min(ours.std(), theirs.std()) < 1e-6:
        return float("nan")
    return float(np.corrcoef(ours, theirs)[0, 1])


def measure_speed(data: Path) -> None:
    print("| video | picture | frames | seconds | frames per second |\n|---|---|---|---|---|")
    videos = [
        *sorted((data / "ravdess" / "video").glob("*.mp4"))[:2],
        *sorted((data / "video").glob("*.mp4"))[3:5],
    ]
    load_expression_encoder()
    for video in videos:
        start = time.perf_counter()
        _, raw = capture(video)
        seconds = time.perf_counter() - start
        count = len(raw.times_seconds)
        print(
            f"| {video.name} | {raw.width}x{raw.height} | {count} | {seconds:.1f} | {count / seconds:.0f} |"
        )


def draw_strips(out: Path, videos: Sequence[Path], wish: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
    renderer = FaceRenderer(load_rig(), RENDER_PX)
    for video in videos:
        motion, raw = capture(video, wish)
        print(video.name, dict(motion.origin), flush=True)
        cv2.imwrite(str(out / f"{video.stem}.png"), draw_strip(video, motion, raw, renderer)[..., ::-1])


def draw_strip(video: Path, motion: Motion, raw: RawLandmarks, renderer: FaceRenderer) -> np.ndarray:
    """Frames of a video over the rig at the same times."""
    start = float(motion.origin["start_seconds"])
    chosen = np.linspace(0, motion.num_frames - 1, STRIP_MOMENTS + 2).round().astype(int)[1:-1]
    weights = arkit_of_motion(motion)
    times = start + chosen / float(motion.fps)
    wanted = {int(np.abs(raw.times_seconds - t).argmin()): k for k, t in enumerate(times)}
    strip = np.zeros((2 * STRIP_PX, STRIP_MOMENTS * STRIP_PX, 3), np.uint8)
    for index, picture in enumerate(read_pictures(video)):
        if index in wanted:
            column = slice(wanted[index] * STRIP_PX, (wanted[index] + 1) * STRIP_PX)
            strip[:STRIP_PX, column] = cut_face(picture.pixels, raw.landmarks[index])
    vertices = load_rig().vertices(weights[chosen])
    for k, frame in enumerate(chosen):
        column = slice(k * STRIP_PX, (k + 1) * STRIP_PX)
        left, top = FACE_AT
        picture = renderer.draw(vertices[k], motion.head_rotation[frame])
        strip[STRIP_PX:, column] = picture[top : top + STRIP_PX, left : left + STRIP_PX]
    return strip


def cut_face(picture: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """The square around a face."""
    height, width = picture.shape[:2]
    points = landmarks[:468, :2] * [width, height]
    if not np.isfinite(points).all():
        points = np.array([[0, 0], [width, height]])
    low, high = points.min(0), points.max(0)
    half = 0.62 * float((high - low).max())
    x, y = (low + high) / 2 - [0, 0.1 * half]
    frame = np.array([[1, 0, half - x], [0, 1, half - y]]) * (STRIP_PX / (2 * half))
    return cv2.warpAffine(picture, frame, (STRIP_PX, STRIP_PX), flags=cv2.INTER_AREA)


def indices(names: Sequence[str]) -> list[int]:
    return [ARKIT_NAMES.index(name) for name in names]


def tell(stage: str, done: int, total: int) -> None:
    print(f"{stage}: {done} of {total}", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, people in (("renders", 100), ("films", 24), ("held", 30)):
        one = commands.add_parser(name)
        one.add_argument("work", type=Path)
        one.add_argument("--people", type=int, default=people)
    for name in ("action-units", "speed"):
        commands.add_parser(name).add_argument("data", type=Path)
    strips = commands.add_parser("strips")
    strips.add_argument("out", type=Path)
    strips.add_argument("videos", type=Path, nargs="+")
    strips.add_argument("--neutral", default="auto")
    options = parser.parse_args()
    if options.command == "renders":
        measure_renders(options.work, options.people)
    elif options.command == "films":
        measure_films(options.work, options.people)
    elif options.command == "held":
        measure_held(options.work, options.people)
    elif options.command == "action-units":
        measure_action_units(options.data)
    elif options.command == "speed":
        measure_speed(options.data)
    else:
        draw_strips(options.out, options.videos, options.neutral)


if __name__ == "__main__":
    main()
