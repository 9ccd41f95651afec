"""People who do not exist, drawn, tracked and learned from, a few at a time."""

from pathlib import Path

import numpy as np
import pytest
import torch

from msmd.core.errors import CaptureError
from msmd.core.units import ARKIT_NAMES
from msmd.training.expression_encoder import shoot as shooting
from msmd.training.expression_encoder.augment import augment_crops
from msmd.training.expression_encoder.expressions import draw_held, draw_moment, draw_talk, spread_sides
from msmd.training.expression_encoder.fit import FitConfig, _shape_partners, fit_encoder
from msmd.training.expression_encoder.shoot import (
    HELD,
    Renders,
    draw_people,
    draw_talkers,
    load_renders,
    shoot,
)


def weight(row: np.ndarray, name: str) -> float:
    return float(row[ARKIT_NAMES.index(name)])


def test_drawn_expressions_are_possible_ones() -> None:
    random = np.random.default_rng(0)
    for _ in range(200):
        held = draw_held(random)
        for row in (held, draw_moment(held, random), draw_talk(random)):
            assert row.min() >= 0 and row.max() <= 1
            for side in ("Left", "Right"):
                assert min(weight(row, f"browDown{side}"), weight(row, f"browOuterUp{side}")) == 0
                assert min(weight(row, f"eyeBlink{side}"), weight(row, f"eyeWide{side}")) == 0


def test_what_is_held_is_worn_in_every_moment() -> None:
    random = np.random.default_rng(1)
    held = spread_sides({"mouthSmile": 0.7})
    smiles = [weight(draw_moment(held, random), "mouthSmileLeft") for _ in range(50)]
    assert np.mean(smiles) > 0.5
    assert weight(held, "mouthSmileRight") == pytest.approx(0.7)


def test_the_mirror_image_of_a_shape_is_on_the_other_side() -> None:
    partners = _shape_partners()
    assert [partners[partners[i]] for i in range(52)] == list(range(52))
    assert ARKIT_NAMES[partners[ARKIT_NAMES.index("mouthSmileLeft")]] == "mouthSmileRight"
    assert ARKIT_NAMES[partners[ARKIT_NAMES.index("jawLeft")]] == "jawRight"
    assert partners[ARKIT_NAMES.index("jawOpen")] == ARKIT_NAMES.index("jawOpen")


def test_a_person_is_the_same_at_every_drawing_and_nobody_else() -> None:
    one, again, other = (next(draw_people(np.random.default_rng([0, n])))[0] for n in (4, 4, 5))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one.astype(int) - other).mean() > 5


def test_talkers_say_the_same_under_each_held_expression() -> None:
    rows = [row for _, row in draw_talkers(np.random.default_rng([1, 2]))]
    clips = {clip: np.stack([r["weights"] for r in rows if r["clip"] == clip]) for clip in range(len(HELD))}
    smile = clips[list(HELD).index("smile")] - clips[list(HELD).index("none")]
    moved = {ARKIT_NAMES[i] for i in np.flatnonzero(np.abs(smile).max(axis=0) > 0.01)}
    assert moved == {"mouthSmileLeft", "mouthSmileRight"}
    poses = [np.stack([r["head_rotation"] for r in rows if r["clip"] == clip]) for clip in (0, 3)]
    np.testing.assert_array_equal(*poses)


def made_up_renders(people: int = 6) -> Renders:
    """Landmarks of the rig in a picture; crops whose brightness tells the jaw."""
    from msmd.face.rig import load_rig

    random, rig = np.random.default_rng(0), load_rig()
    rows = people * 6
    neutral = np.tile([True, True, False, False, False, False], people)
    weights = np.zeros((rows, 52), np.float32)
    weights[:, ARKIT_NAMES.index("jawOpen")] = np.where(neutral, 0, random.random(rows))
    marks = rig.landmark_neutral + np.tensordot(weights, rig.landmark_shapes, 1)
    marks = (marks - rig.landmark_neutral.mean(axis=0)) / 320
    pictured = np.stack([0.5 + marks[..., 0], 0.5 - marks[..., 1], -marks[..., 2]], axis=-1)
    landmarks = np.concatenate([pictured, np.zeros((rows, 10, 3))], axis=1).astype(np.float32)
    crops = random.integers(0, 255, (rows, 3, 56, 64), np.uint8)
    return Renders(
        landmarks=landmarks,
        crops=crops,
        weights=weights,
        held=np.zeros_like(weights),
        head_rotation=np.zeros((rows, 3), np.float32),
        person=np.repeat(np.arange(people, dtype=np.int32), 6),
        neutral=neutral,
        clip=np.where(neutral, -1, 0).astype(np.int32),
    )


def test_a_fit_learns_a_jaw_that_opens() -> None:
    renders = made_up_renders()
    seen: list[str] = []
    config = FitConfig(num_steps=25, people_per_step=6, num_components=20, versions=2)
    encoder = fit_encoder(renders, config, lambda stage, *_: seen.append(stage))
    losses = [float(stage.removeprefix("loss ")) for stage in seen if stage.startswith("loss")]
    assert len(losses) == 25 and losses[-1] < 0.8 * losses[0]
    assert encoder.card["people"] == 6


def test_other_cameras_are_drawn_from_their_seed() -> None:
    crops = torch.from_numpy(made_up_renders(2).crops).float()
    person = torch.tensor([0] * 6 + [1] * 6)
    one = augment_crops(crops, person, torch.Generator().manual_seed(1))
    same = augment_crops(crops, person, torch.Generator().manual_seed(1))
    other = augment_crops(crops, person, torch.Generator().manual_seed(2))
    assert torch.equal(one, same) and not torch.equal(one, other)
    assert one.min() >= 0 and one.max() <= 255 and one.std() > 5


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="shoot"):
        load_renders(tmp_path)


def test_shards_that_are_there_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mediapipe", reason='needs the extra "capture"')
    monkeypatch.setattr(shooting, "PEOPLE_PER_SHARD", 1)
    shoot(tmp_path, 1)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    shoot(tmp_path, 2)
    after = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(after) == 2
    assert all(after[path] == stamp for path, stamp in before.items())
    renders = load_renders(tmp_path)
    assert set(renders.person) == {0, 1}
    assert renders.neutral.sum() >= 2 and np.abs(renders.weights[renders.neutral]).max() == 0
    assert renders.crops.shape[1:] == (3, 56, 64)
