"""The four lines of the README, with the model inside the package."""

from pathlib import Path

import numpy as np
import pytest

import msmd
from msmd.api import Performer
from msmd.audio.open_encoder import EMBEDDED_FOLDER
from msmd.core.units import ARKIT_NAMES
from msmd.face.arkit_weights import arkit_of_motion, landmarks_of_motion
from msmd.face.regions import INNER_LIP_PAIRS

LINE = Path(__file__).parents[1] / "examples" / "line.ogg"
EMOTIONS = {"neutral", "calm", "happy", "sad", "angry", "fearful", "disgusted", "surprised"}


@pytest.fixture(scope="module")
def model() -> Performer:
    return msmd.load()


def mean_weights(model: Performer, style: str) -> dict[str, float]:
    motion = model.animate(LINE, style).animation.motion
    return dict(zip(ARKIT_NAMES, arkit_of_motion(motion).mean(axis=0).tolist(), strict=True))


def test_the_bundle_is_small_and_has_the_eight_styles(model: Performer) -> None:
    assert set(model.styles) == EMOTIONS
    assert sum(path.stat().st_size for path in EMBEDDED_FOLDER.iterdir()) < 25e6
    assert "not for commercial use" in (EMBEDDED_FOLDER / "MODEL_CARD.md").read_text()


def test_four_lines_make_a_take(model: Performer, tmp_path: Path) -> None:
    style = model.encode_style("happy")
    take = model.animate(LINE, style, steps=2)
    paths = take.export(tmp_path / "take", formats=["npz", "livelink", "json"])
    assert all(path.is_file() for path in paths.values()) and len(paths) == 3


def test_a_happy_face_smiles_more_than_a_sad_one(model: Performer) -> None:
    happy, sad = mean_weights(model, "happy"), mean_weights(model, "sad")
    assert happy["mouthSmileLeft"] > sad["mouthSmileLeft"] + 0.2
    assert happy["browDownLeft"] < sad["browDownLeft"]


def test_the_mouth_follows_the_loudness_of_the_line(model: Performer) -> None:
    animation = model.animate(LINE).animation
    upper, lower = np.asarray(INNER_LIP_PAIRS).T
    displacement = landmarks_of_motion(animation.motion)
    opening = (displacement[:, upper, 1] - displacement[:, lower, 1]).mean(axis=1)
    assert animation.sound is not None
    pieces = np.array_split(animation.sound.samples, len(opening))
    level = np.log([np.sqrt(np.mean(piece**2)) + 1e-3 for piece in pieces])
    assert np.corrcoef(opening, level)[0, 1] > 0.3


def test_without_head_motion_the_rest_stays(model: Performer) -> None:
    moving = model.animate(LINE, steps=2).animation.motion
    still = model.animate(LINE, steps=2, head=False).animation.motion
    np.testing.assert_array_equal(moving.expression, still.expression)
    assert np.abs(moving.head_rotation).max() > 0 and not still.head_rotation.any()
