"""Build `src/msmd/face/assets/identity.safetensors` and `identity.json`: details in which faces differ.

    python tools/rig/build_identity.py work        # `work` as for build_rig.py

A detail is a signed axis, such as nose-hump, made of one of MakeHuman's targets for each sign. Kept are those
that change a head; what would only move it through space, or make it a caricature, is left out.
"""

import argparse
import json
import re
from pathlib import Path

import numpy as np
from build_rig import ASSETS, SMALLEST_DELTA_MM, collect_parts
from safetensors.numpy import save_file
from sources import Source, read_sources

from msmd.core.files import whole_file

SPREAD = {
    "head": 0.28,
    "cheek": 0.40,
    "chin": 0.34,
    "eyes": 0.32,
    "mouth": 0.36,
    "nose": 0.34,
    "eyebrows": 0.30,
    "forehead": 0.16,
    "ears": 0.30,
    "neck": 0.25,
    "asym": 0.13,
}
"""Standard deviation of each detail among people, by group; 1 is the whole target, which is extreme."""
LEFT_OUT = (
    *("head-trans", "head-back", "head-age", "head-angle", "nubian", "neck-trans", "neck-scale-vert"),
    *("shape-pointed", "shape-triangle", "trunk", "breast", "mouth-trans-in", "mouth-trans-out"),
    *("nose-trans-in", "nose-trans-out", "eyebrows-trans-forward", "eyebrows-trans-backward"),
)
OPPOSITES = (
    *(("decr", "incr"), ("down", "up"), ("backward", "forward"), ("in", "out"), ("concave", "convex")),
    *(("compress", "uncompress"), ("l", "r")),
)


def list_axes(source: Source) -> dict[str, tuple[list[str], list[str]]]:
    """Axis -> targets of its negative and its positive side; left and right go together."""
    names = {key.removeprefix("targets/").rsplit(".", 1)[0] for key in source.packed.files if "." in key}
    axes: dict[str, tuple[list[str], list[str]]] = {}
    for name in sorted(names):
        group, _, rest = name.partition("/")
        if group not in SPREAD or rest.startswith("r-") or any(word in rest for word in LEFT_OUT):
            continue
        stem, _, ending = rest.rpartition("-")
        both = [name, f"{group}/r-{rest[2:]}"] if rest.startswith("l-") else [name]
        pair = next((pair for pair in OPPOSITES if ending in pair), None)
        # an axis is named by its positive side: eye-trans-up, eye-trans-out
        axis = f"{group}/{re.sub('^l-', '', f'{stem}-{pair[1]}' if pair else rest)}"
        sides = axes.setdefault(axis, ([], []))
        sides[pair.index(ending) if pair else 1].extend(both)
    return axes


def weight_axis(source: Source) -> tuple[np.ndarray, np.ndarray]:
    """Thin and heavy faces: the mean of both sexes, young."""
    sides = []
    for weight in ("minweight", "maxweight"):
        sides.append(
            sum(
                source.target(f"macrodetails/universal-{sex}-young-averagemuscle-{weight}")
                - source.target(f"macrodetails/universal-{sex}-young-averagemuscle-averageweight")
                for sex in ("female", "male")
            )
            / 2
        )
    return sides[0], sides[1]


def build(work: Path) -> None:
    source = read_sources(work)
    used = np.unique(np.concatenate([quads.ravel() for quads in collect_parts(source).values()]))
    axes = list_axes(source)
    fields = {
        name: tuple(sum((source.target(t) for t in side), np.zeros_like(source.vertices)) for side in sides)
        for name, sides in axes.items()
    }
    fields["head/head-weight-incr"] = weight_axis(source)
    vertices, deltas, names = [], [], []
    for name, sides in fields.items():
        names.append(name)
        for field in sides:
            moved = np.flatnonzero(np.abs(field[used]).max(1) > SMALLEST_DELTA_MM)
            vertices.append(moved)
            deltas.append(field[used][moved])
    tensors = {
        "vertices": np.concatenate(vertices).astype(np.uint16),
        "deltas": np.concatenate(deltas).astype(np.float16),
        "ends": np.cumsum([len(rows) for rows in vertices]).astype(np.int32),
        "spread": np.array([SPREAD[name.split("/")[0]] for name in names], np.float32),
    }
    card = {
        "what": "details in which faces differ, each of a negative and a positive side; face/identity.py",
        "made_by": "tools/rig/build_identity.py",
        "made_from": {
            "MakeHuman targets": "PyPI makehuman 1.3.2, data/targets.npz; targets.license says CC0"
        },
        "licence": "CC0-1.0",
        "units": "mm, of the vertices of rig.safetensors; spread: standard deviation among people",
        "details": names,
    }
    with whole_file(ASSETS / "identity.safetensors") as path:
        save_file({key: np.ascontiguousarray(value) for key, value in tensors.items()}, path)
    with whole_file(ASSETS / "identity.json") as path:
        path.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    size = (ASSETS / "identity.safetensors").stat().st_size
    print(f"{len(names)} details, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path, help="folder with the two downloaded packages")
    build(parser.parse_args().work)
