import json
import os
import shutil
import struct
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from msmd.core.units import ARKIT_NAMES
from msmd.export.gltf import quaternions, write_gltf
from msmd.face.arkit_weights import arkit_of_motion
from msmd.face.face_words import face_of
from msmd.face.rig import load_rig

TYPES = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
COMPONENTS = {5126: np.float32, 5123: np.uint16, 5125: np.uint32}


class Glb:
    """As much of a reader as these tests need, written from the specification alone."""

    def __init__(self, path: Path):
        data = path.read_bytes()
        magic, version, length = struct.unpack_from("<4sII", data)
        assert (magic, version, length) == (b"glTF", 2, len(data))
        size, kind = struct.unpack_from("<I4s", data, 12)
        assert kind == b"JSON"
        self.document = json.loads(data[20 : 20 + size])
        self.binary = data[20 + size + 8 :]

    def view(self, number: int, dtype, columns: int) -> np.ndarray:
        view = self.document["bufferViews"][number]
        data = self.binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]
        return np.frombuffer(data, dtype).reshape(-1, columns)

    def array(self, number: int) -> np.ndarray:
        accessor = self.document["accessors"][number]
        dtype, columns = COMPONENTS[accessor["componentType"]], TYPES[accessor["type"]]
        if "sparse" not in accessor:
            return self.view(accessor["bufferView"], dtype, columns)
        out, sparse = np.zeros((accessor["count"], columns), dtype), accessor["sparse"]
        rows = self.view(sparse["indices"]["bufferView"], np.uint16, 1)[:, 0]
        out[rows] = self.view(sparse["values"]["bufferView"], dtype, columns)
        return out


@pytest.fixture
def animation(make_animation):
    return make_animation(frames=30, fps=Fraction(30000, 1001))


@pytest.fixture
def glb(animation, tmp_path) -> Glb:
    write_gltf(animation, tmp_path / "take.glb")
    return Glb(tmp_path / "take.glb")


def channel(glb: Glb, path: str) -> tuple[np.ndarray, np.ndarray]:
    take = glb.document["animations"][0]
    sampler = next(take["samplers"][c["sampler"]] for c in take["channels"] if c["target"]["path"] == path)
    return glb.array(sampler["input"])[:, 0], glb.array(sampler["output"])


def test_weights_come_back_at_the_right_times(glb, animation):
    times, values = channel(glb, "weights")
    weights = load_rig().touch(np.clip(arkit_of_motion(animation.motion), 0, 1))
    np.testing.assert_allclose(times[:30], np.arange(30) * 1001 / 30000, atol=1e-6)
    np.testing.assert_allclose(values.reshape(31, 52)[:30], weights, atol=1e-7)


def test_the_clip_is_as_long_as_the_motion(glb, animation):
    times, _ = channel(glb, "weights")
    assert times[-1] == pytest.approx(animation.motion.duration_seconds, abs=1e-6)


def test_every_surface_has_the_52_named_shapes(glb):
    mesh = glb.document["meshes"][0]
    assert mesh["extras"]["targetNames"] == list(ARKIT_NAMES)
    assert all(len(primitive["targets"]) == 52 for primitive in mesh["primitives"])
    names = [material["name"] for material in glb.document["materials"]]
    assert names[:4] == ["skin", "eyes", "teeth", "tongue"]


def test_skin_and_eyes_have_pictures_and_every_vertex_a_place_on_them(glb):
    document = glb.document
    by_name = {
        document["materials"][primitive["material"]]["name"]: primitive
        for primitive in document["meshes"][0]["primitives"]
    }
    assert set(by_name) == {"skin", "eyes", "teeth", "tongue", "lashes"}
    for name in ("skin", "eyes"):
        places = glb.array(by_name[name]["attributes"]["TEXCOORD_0"])
        assert places.min() >= 0 and places.max() <= 1
    assert len(document["images"]) == 3
    for image in document["images"]:
        assert image["mimeType"] == "image/png"


def test_another_face_has_other_vertices_and_colours_but_the_same_weights(glb, animation, tmp_path):
    write_gltf(animation, tmp_path / "other.glb", face_of("seed:5"))
    other = Glb(tmp_path / "other.glb")
    skin, other_skin = (file.document["meshes"][0]["primitives"][0] for file in (glb, other))
    ours, theirs = (
        glb.array(skin["attributes"]["POSITION"]),
        other.array(other_skin["attributes"]["POSITION"]),
    )
    assert ours.shape == theirs.shape and np.abs(ours - theirs).max() > 0.003
    np.testing.assert_allclose(channel(glb, "weights")[1], channel(other, "weights")[1], atol=0.05)


def test_jaw_open_lowers_chin_lower_teeth_and_tongue_and_is_metres(glb):
    primitives = glb.document["meshes"][0]["primitives"]
    jaw = ARKIT_NAMES.index("jawOpen")
    for surface in (0, 2, 3):
        delta = glb.array(primitives[surface]["targets"][jaw]["POSITION"])
        assert -0.08 < delta[:, 1].min() < -0.003
    positions = np.concatenate([glb.array(p["attributes"]["POSITION"]) for p in primitives])
    assert 0.2 < np.ptp(positions[:, 1]) < 0.4


def test_normals_are_unit_and_point_outwards_at_the_nose(glb):
    attributes = glb.document["meshes"][0]["primitives"][0]["attributes"]
    normals, positions = glb.array(attributes["NORMAL"]), glb.array(attributes["POSITION"])
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
    assert normals[positions[:, 2].argmax(), 2] > 0.5


def rotate(q: np.ndarray, v: list[float]) -> np.ndarray:
    u, w = q[:3].astype(float), float(q[3])
    return np.asarray(v) + 2 * np.cross(u, np.cross(u, v) + w * np.asarray(v))


@pytest.mark.parametrize(
    ("pitch_yaw_roll", "toward"),
    [
        ([0.3, 0, 0], [0, -np.sin(0.3), np.cos(0.3)]),  # nods down
        ([0, 0.3, 0], [np.sin(0.3), 0, np.cos(0.3)]),  # turns to the subject's left, +x
        ([0, 0, 0.3], [0, 0, 1]),
    ],
)
def test_quaternions_turn_the_gaze_as_the_angles_say(pitch_yaw_roll, toward):
    q = quaternions(np.array([pitch_yaw_roll]))[0]
    np.testing.assert_allclose(rotate(q, [0.0, 0.0, 1.0]), toward, atol=1e-6)


def test_quaternions_follow_ry_rx_rz():
    pitch, yaw, roll = 0.4, -0.7, 0.2
    rx = [[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]]
    ry = [[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]]
    rz = [[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]]
    matrix = np.array(ry) @ rx @ rz
    q = quaternions(np.array([[pitch, yaw, roll]]))[0]
    np.testing.assert_allclose(np.stack([rotate(q, e) for e in np.eye(3)], 1), matrix, atol=1e-6)


VALIDATE = """
const validator = require('gltf-validator'), fs = require('fs');
validator.validateBytes(new Uint8Array(fs.readFileSync(process.argv[2])))
  .then(report => console.log(JSON.stringify(report.issues)));
"""


@pytest.fixture(scope="session")
def validator_folder() -> Path:
    """Khronos' validator, installed once into a cache folder; MSMD_CACHE names another place."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed: the glTF validator cannot run")
    cache = Path(os.environ.get("MSMD_CACHE", Path.home() / ".cache" / "msmd"))
    folder = cache / "gltf-validator"
    if not (folder / "node_modules" / "gltf-validator").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), "gltf-validator"]
        done = subprocess.run(command, capture_output=True, check=False, timeout=120)
        if done.returncode:
            pytest.skip("npm cannot install gltf-validator here (no network?)")
    (folder / "validate.js").write_text(VALIDATE)
    return folder


def test_the_validator_of_khronos_finds_nothing(validator_folder, animation, tmp_path):
    write_gltf(animation, tmp_path / "take.glb")
    command = ["node", str(validator_folder / "validate.js"), str(tmp_path / "take.glb")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    issues = json.loads(done.stdout)
    assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"][:5]
