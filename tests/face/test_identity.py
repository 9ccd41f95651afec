import numpy as np
import pytest

from msmd.core.errors import MsmdError
from msmd.core.units import ARKIT_NAMES
from msmd.face.identity import ANCESTRIES, detail_names, make_identity, random_identity
from msmd.face.rig import Rig, load_rig

SEEDS = range(20)


def weights_of(**weights: float) -> np.ndarray:
    row = np.zeros((1, 52), np.float32)
    for name, weight in weights.items():
        row[0, ARKIT_NAMES.index(name)] = weight
    return row


def faces() -> list[Rig]:
    return [random_identity(load_rig(), np.random.default_rng(seed), variety=1.0) for seed in SEEDS]


@pytest.fixture(scope="module")
def people() -> list[Rig]:
    return faces()


def test_the_same_seed_gives_the_same_face_and_others_differ(people):
    again = random_identity(load_rig(), np.random.default_rng(3), variety=1.0)
    np.testing.assert_array_equal(people[3].neutral, again.neutral)
    away = [np.linalg.norm(one.neutral - people[0].neutral, axis=1).mean() for one in people[1:]]
    assert min(away) > 1.0


def test_lips_are_as_closed_at_rest_as_the_rigs_on_every_face(people):
    base = load_rig()
    upper, lower = base.inner_lip_pairs.T
    for person in people:
        gap = person.neutral[upper, 1] - person.neutral[lower, 1]
        assert np.abs(gap - (base.neutral[upper, 1] - base.neutral[lower, 1])).max() < 0.4


@pytest.mark.parametrize("weight", [0.3, 1.0])
def test_mouth_close_closes_the_lips_of_every_face(people, weight):
    for person in people:
        upper, lower = person.inner_lip_pairs.T
        face = person.vertices(weights_of(jawOpen=weight, mouthClose=weight))[0]
        gap = (face - person.neutral)[upper, 1] - (face - person.neutral)[lower, 1]
        assert np.abs(gap).max() < 0.3


def test_lids_meet_in_a_blink_on_every_face_and_are_open_at_rest(people):
    for person in people:
        upper, lower = person.lid_pairs.T
        face = person.vertices(weights_of(eyeBlinkLeft=1.0, eyeBlinkRight=1.0))[0]
        gap = face[upper, 1] - face[lower, 1]
        assert gap.max() < 0.5 and gap.min() > -1.5
        assert np.median(person.neutral[upper, 1] - person.neutral[lower, 1]) > 3


def test_eyes_stay_balls_and_teeth_keep_their_form(people):
    base = load_rig()
    for person in people:
        for name in ("eye_left", "teeth_upper"):
            part = np.unique(base.triangles[base.part == base.part_names.index(name)])
            one, other = (rig.neutral[part] - rig.neutral[part].mean(0) for rig in (base, person))
            scale = np.linalg.norm(other) / np.linalg.norm(one)
            np.testing.assert_allclose(other, one * scale, atol=0.02)
            assert 0.75 < scale < 1.3


def test_words_choose_the_face():
    base = load_rig()
    woman, man = (make_identity(base, gender=gender).landmark_neutral for gender in ("female", "male"))
    assert np.ptp(man[[172, 397], 0]) > np.ptp(woman[[172, 397], 0])  # the jaw is wider
    young, old = (make_identity(base, age=float(age)).neutral for age in (25, 80))
    assert np.linalg.norm(young - old, axis=1).max() > 3
    kinds = [make_identity(base, ancestry=kind).neutral for kind in ANCESTRIES]
    assert min(np.abs(kinds[i] - kinds[j]).max() for i, j in ((0, 1), (1, 2), (0, 2))) > 3
    np.testing.assert_array_equal(
        make_identity(base, age=40.0, seed=5).neutral, make_identity(base, age=40.0, seed=5).neutral
    )
    assert len(detail_names()) > 100


@pytest.mark.parametrize(
    "wrong",
    [dict(age=5.0), dict(age=200.0), dict(gender="robot"), dict(ancestry="martian"), dict(gender=1.5)],
)
def test_a_face_that_cannot_be_made_is_named(wrong):
    with pytest.raises(MsmdError, match=f"{next(iter(wrong.values()))}".removesuffix(".0")):
        make_identity(load_rig(), **wrong)


def test_only_the_blinks_and_the_gaze_are_fitted(people):
    base = load_rig()
    for index, name in enumerate(ARKIT_NAMES):
        if not name.startswith(("eyeBlink", "eyeLook")):
            np.testing.assert_array_equal(people[0].shapes[index], base.shapes[index])
