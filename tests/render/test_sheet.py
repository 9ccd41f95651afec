import av
import numpy as np
import pytest

from msmd.core.errors import OutputError
from msmd.core.png import encode_png
from msmd.render.sheet import draw_label, write_contact_sheet


def read(path) -> np.ndarray:
    with av.open(str(path)) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def test_a_png_reads_back_as_it_was(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (17, 23, 3), dtype=np.uint8)
    (tmp_path / "a.png").write_bytes(encode_png(picture))
    np.testing.assert_array_equal(read(tmp_path / "a.png"), picture)


def test_a_sheet_holds_every_picture_in_its_place(tmp_path):
    red, blue = np.zeros((40, 50, 3), np.uint8), np.zeros((40, 50, 3), np.uint8)
    red[..., 0], blue[..., 2] = 200, 200
    write_contact_sheet([("first", [red, blue]), ("second", [blue])], tmp_path / "a.png")
    sheet = read(tmp_path / "a.png")
    assert sheet.shape == (2 * (40 + 26), 100, 3)
    np.testing.assert_array_equal(sheet[26:66, :50], red)
    np.testing.assert_array_equal(sheet[26:66, 50:], blue)
    np.testing.assert_array_equal(sheet[92:132, :50], blue)
    assert (sheet[:26] < 100).any()


def test_a_label_looks_like_its_letters():
    i, blank = draw_label("I"), draw_label(" ")
    assert i[:, 4:6].all()
    assert not blank.any()
    assert np.array_equal(draw_label("é"), draw_label("?"))


def test_pictures_of_two_sizes_are_refused(tmp_path):
    small, large = np.zeros((4, 4, 3), np.uint8), np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(OutputError, match="one size"):
        write_contact_sheet([("a", [small, large])], tmp_path / "a.png")
