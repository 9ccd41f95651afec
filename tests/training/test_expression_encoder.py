"""People who do not exist, drawn, tracked and learned from, a few at a time."""

from pathlib import Path

import numpy as np
import pytest
import torch

from msmd.core.errors import CaptureError
from msmd.core.units import ARKIT_NAMES
from msmd.face.expression_encoder import ExpressionEncoder, fit_landmark_view
from msmd.face.expression_network import ExpressionNetwork, NetworkConfig
from msmd.face.rig import load_rig
from msmd.training.expression_encoder import calibrate as calibrating
from msmd.training.expression_encoder import shoot as shooting
from msmd.training.expression_encoder.augment import augment_crops
from msmd.training.expression_encoder.calibrate import MOST_GAIN, as_table, calibrate
from msmd.training.expression_encoder.expressions import (
    TAUGHT_MOODS,
    draw_held,
    draw_moment,
    draw_talk,
    spread_sides,
)
from msmd.training.expression_encoder.fit import FitConfig, fit_encoder, shape_partners
from msmd.training.expression_encoder.make_up import FROWN_LINES, draw_make_up
from msmd.training.expression_encoder.shoot import (
    HELD,
    Renders,
    draw_people,
    draw_sitters,
    draw_talkers,
    load_renders,
    person_number,
    shoot,
)
from msmd.training.expression_encoder.ways import vary_frown


def weight(row: np.ndarray, name: str) -> float:
    return float(row[ARKIT_NAMES.index(name)])


def test_drawn_expressions_are_possible_ones() -> None:
    random = np.random.default_rng(0)
    for index in range(200):
        held = draw_held(random, TAUGHT_MOODS) if index % 2 else draw_held(random)
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
    partners = shape_partners()
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


def test_sitters_are_seen_by_one_camera_or_by_many() -> None:
    spread = []
    for number in range(12):
        rows = [row for _, row in draw_sitters(np.random.default_rng([3, number]))]
        assert [int(row["neutral"]) for row in rows] == [1, 1, 0, 0, 0, 0, 0, 0]
        turns = np.degrees([row["head_rotation"] for row in rows if not row["neutral"]])
        spread.append(turns.std(axis=0).max())
    assert min(spread) < 7 < max(spread)


def test_a_frown_of_ones_own_draws_the_inner_ends_of_the_brows_together_and_nothing_else() -> None:
    rig = load_rig()
    own = [vary_frown(rig, np.random.default_rng(n)) for n in range(8)]
    changed = {
        ARKIT_NAMES[i] for one in own for i in np.flatnonzero((one.shapes != rig.shapes).any(axis=(1, 2)))
    }
    assert changed == {"browDownLeft", "browDownRight"}
    gaps = []
    for one in own:
        marks = one.landmark_neutral + one.landmark_shapes[
            [ARKIT_NAMES.index(n) for n in sorted(changed)]
        ].sum(0)
        gaps.append(marks[336, 0] - marks[107, 0])
        assert (marks[336, 0] > 4) and (marks[107, 0] < -4)
    rest = rig.landmark_neutral[336, 0] - rig.landmark_neutral[107, 0]
    assert min(gaps) < rest - 3 and max(gaps) > rest - 1


def small_encoder(renders: Renders) -> ExpressionEncoder:
    torch.manual_seed(0)
    flat = renders.landmarks[:, :468] * [320, -320, -320]
    view = fit_landmark_view(flat.astype(np.float32), 8, np.ones(468))
    network = ExpressionNetwork(NetworkConfig(view.dim, 64, 648, crop_dim=4, mixed_dim=8, hidden_dim=8))
    return ExpressionEncoder(network.eval(), view, {})


def test_calibration_brings_back_what_is_flattened_and_takes_off_what_is_read_of_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    renders = made_up_renders(people=1)
    jaw, funnel = ARKIT_NAMES.index("jawOpen"), ARKIT_NAMES.index("mouthFunnel")
    truth = renders.weights[~renders.neutral]

    def flat(self: ExpressionEncoder, embedded: np.ndarray, rest: np.ndarray | None = None) -> np.ndarray:
        out = (0.5 if rest is None else 0.8) * truth
        out[:, funnel] = 0.05
        return out

    monkeypatch.setattr(ExpressionEncoder, "read", flat)
    monkeypatch.setattr(calibrating, "_ARTICULATE", ())  # all that made-up people do is to speak
    gauge = calibrate(small_encoder(renders), renders)
    np.testing.assert_allclose(gauge.recovered[:, jaw], [0.5, 0.8], atol=1e-5)
    np.testing.assert_allclose(gauge.calibrated_recovered[:, jaw], [0.625, 0.88], atol=1e-3)
    assert (gauge.calibrated_error[:, jaw] < gauge.error[:, jaw]).all()
    assert "| jawOpen | 0.50 |" in as_table(gauge)


def test_a_calibration_is_the_same_on_both_sides() -> None:
    renders = made_up_renders(people=3)
    found = calibrate(small_encoder(renders), renders).calibration
    for values in (found.floors, found.gains):
        assert values.shape == (2, 52)
        np.testing.assert_array_equal(values, values[:, shape_partners()])
    assert found.gains.max() <= MOST_GAIN


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


def test_people_who_knit_their_brows_differ_in_the_lines_between_them_alone() -> None:
    marks = load_rig().landmark_neutral
    plain, knit = (draw_make_up(marks, np.random.default_rng(5), knits) for knits in (False, True))
    differ = (plain.cover != knit.cover).any(axis=(0, 1)) | (plain.deepening != knit.deepening)
    assert np.flatnonzero(differ).tolist() == [FROWN_LINES]


def test_people_of_different_seeds_have_different_numbers() -> None:
    numbers = {
        person_number(seed, person) for seed in (20, 21, 60, 77_000) for person in range(0, 20_000, 50)
    }
    assert len(numbers) == 4 * 400 and max(numbers) <= np.iinfo(np.int32).max
    with pytest.raises(ValueError, match="20000"):
        person_number(0, 20_000)


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
