import numpy as np

from msmd.core.units import ARKIT_NAMES
from msmd.face.face_words import face_of
from msmd.face.lashes import grow_lashes
from msmd.face.rig import load_rig
from msmd.face.skin_picture import bake_skin

ROWS = 256


def place_of_landmark(rig, landmark: int) -> tuple[int, int]:
    """Row and column of a landmark on a skin picture of `ROWS` rows."""
    triangle = rig.landmark_triangles[landmark]
    u, v = rig.landmark_barycentric[landmark] @ rig.places[rig.place_triangles[triangle]]
    return int(v * ROWS), int(u * 2 * ROWS)


def test_the_skin_picture_has_red_lips_dark_brows_and_hair_where_they_belong():
    rig = load_rig()
    color = bake_skin(rig, ROWS).color
    lip, cheek, brow, forehead = (color[place_of_landmark(rig, mark)] for mark in (15, 50, 105, 151))
    assert lip[1] / lip[0] < 0.75 * cheek[1] / cheek[0]
    assert brow.mean() < 0.5 * forehead.mean()
    assert color[10, ROWS // 2].mean() < 0.1  # the top of the head


def test_the_skin_picture_takes_the_complexion():
    light, dark = (bake_skin(face_of(f"ancestry={kind}"), ROWS) for kind in ("caucasian", "african"))
    at = place_of_landmark(load_rig(), 50)
    assert light.color[at].mean() > 2 * dark.color[at].mean()
    for picture in (light, dark):
        assert np.isfinite(picture.color).all() and (picture.color.max(axis=2) > 0).all()
        assert picture.roughness.min() > 0 and picture.roughness.max() <= 1


def test_every_corner_of_the_skin_has_a_place_on_the_picture():
    rig = load_rig()
    skin = rig.part == rig.part_names.index("skin")
    places = rig.places[rig.place_triangles[skin]]
    assert places.min() >= 0 and places.max() <= 1
    a, b, c = places.transpose(1, 0, 2)
    area = np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) / 2
    assert (area > 0).mean() > 0.99 and 0.3 < area.sum() < 1


def test_lashes_are_mixtures_of_ribbons_and_alike_on_both_sides():
    rig = load_rig()
    lashes = grow_lashes(rig)
    np.testing.assert_allclose(lashes.shares.sum(axis=1), 1, atol=1e-5)
    hairs = lashes.place(rig.neutral)
    left, right = hairs[hairs[:, 0] > 0], hairs[hairs[:, 0] < 0]
    np.testing.assert_allclose(left * [-1, 1, 1], right, atol=0.02)
    ribbons = np.unique(rig.triangles[rig.part == rig.part_names.index("lashes_left")])
    assert np.isin(lashes.carriers[: len(left)], ribbons).all()


def test_upper_lashes_come_down_with_the_lid():
    rig = load_rig()
    lashes = grow_lashes(rig)
    moved = lashes.place(rig.shapes[ARKIT_NAMES.index("eyeBlinkLeft")])
    upper = np.isin(lashes.carriers, rig.upper_lashes[0]).all(axis=1)
    assert np.median(moved[upper, 1]) < -4
    assert np.abs(moved[~upper]).max() < 1
