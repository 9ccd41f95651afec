"""An animation as a glTF 2.0 head (.glb): the 52 ARKit shapes as morph targets, their weights over time, and
the turning head. Opens in Blender, three.js and anything else that reads glTF.
"""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Float32

from msmd.core.animation import Animation
from msmd.core.files import whole_file
from msmd.export.glb_file import GlbFile
from msmd.export.gltf_head import METRES_PER_MM, add_head
from msmd.face.arkit_weights import arkit_of_motion
from msmd.face.pivot import head_pivot
from msmd.face.rig import Rig, load_rig


def write_gltf(animation: Animation, path: str | Path, rig: Rig | None = None) -> None:
    """Write the head with the animation on it.

    Units are metres, y up, the face looks to +z. The node `head` stands at the top of the neck and turns; the
    mesh `face` has 52 morph targets named in `extras.targetNames`. Frame i is a key at i / fps seconds, and
    the last key is held for one frame, so that the clip is as long as the motion. Sound is not part of glTF.

    Args:
        animation: what the face does.
        path: of the .glb; appears whole or not at all.
        rig: whose face; `load_rig()` if None.

    Raises:
        OutputError: the place cannot be written.
    """
    motion, rig, glb = animation.motion, rig or load_rig(), GlbFile()
    pivot = head_pivot(rig)
    head = add_head(glb, rig, pivot)
    weights = rig.touch(np.clip(arkit_of_motion(motion), 0, 1))
    turns = quaternions(motion.head_rotation)
    times = np.arange(motion.num_frames + 1) / float(motion.fps)
    held = np.append(np.arange(motion.num_frames), motion.num_frames - 1)
    time = glb.add_array(times.astype(np.float32), bounds=True)
    samplers = [
        {"input": time, "output": glb.add_array(weights[held].ravel()), "interpolation": "LINEAR"},
        {"input": time, "output": glb.add_array(turns[held]), "interpolation": "LINEAR"},
    ]
    channels = [
        {"sampler": 0, "target": {"node": 0, "path": "weights"}},
        {"sampler": 1, "target": {"node": 0, "path": "rotation"}},
    ]
    extras: dict[str, Any] = {
        "fps": [motion.fps.numerator, motion.fps.denominator],
        "frames": motion.num_frames,
        "duration_seconds": motion.duration_seconds,
        "seed": animation.seed,
    }
    document = {
        "asset": {"version": "2.0", "generator": "msmd"},
        "scene": 0,
        "scenes": [{"name": "take", "nodes": [0]}],
        "nodes": [{"name": "head", "mesh": 0, "translation": (pivot * METRES_PER_MM).tolist()}],
        "animations": [{"name": "take", "channels": channels, "samplers": samplers, "extras": extras}],
        **head,
    }
    data = glb.to_bytes(document)
    with whole_file(Path(path)) as aside:
        aside.write_bytes(data)


def quaternions(head_rotation: Float[np.ndarray, "frames 3"]) -> Float32[np.ndarray, "frames 4"]:
    """(pitch, yaw, roll) in radians -> (x, y, z, w) of R = Ry(yaw) Rx(pitch) Rz(roll), neighbours close."""
    half = head_rotation.astype(np.float64) / 2
    (sx, sy, sz), (cx, cy, cz) = np.sin(half).T, np.cos(half).T
    q = np.stack(
        [
            cy * sx * cz + sy * cx * sz,
            sy * cx * cz - cy * sx * sz,
            cy * cx * sz - sy * sx * cz,
            cy * cx * cz + sy * sx * sz,
        ],
        1,
    )
    # q and -q turn alike; a jump between them would swing the head around
    flips = np.cumprod(np.where((q[1:] * q[:-1]).sum(1) < 0, -1, 1))
    q[1:] *= flips[:, None]
    return (q / np.linalg.norm(q, axis=1, keepdims=True)).astype(np.float32)
