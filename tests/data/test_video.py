"""Videos made here, frame by frame, so that every time and every turn is known."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from msmd.core.errors import CaptureError
from msmd.data.video import MAX_SIDE_PIXELS, count_pictures, read_pictures

MILLISECOND = Fraction(1, 1000)


def write_video(
    path: Path,
    times_ms: list[int],
    picture: np.ndarray | None = None,
    sample_aspect: Fraction | None = None,
) -> Path:
    """A video whose picture `i` is shown at `times_ms[i]`."""
    if picture is None:
        picture = np.zeros((64, 96, 3), np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "10"})
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = MILLISECOND
        if sample_aspect is not None:
            stream.codec_context.sample_aspect_ratio = sample_aspect
        for time_ms in times_ms:
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = time_ms, MILLISECOND
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def turn_in_file(path: Path, matrix: tuple[int, int, int, int]) -> Path:
    """Write a rotation flag as a phone does: into the matrix of the track header of an mp4."""
    data = bytearray(path.read_bytes())
    track_header = data.index(b"tkhd")
    start = track_header + 4 + 4 + 20 + 8 + 8  # name, version and flags, times and id, reserved, layer ...
    a, b, c, d = (value << 16 for value in matrix)
    values = [a, b, 0, c, d, 0, 0, 0, 1 << 30]
    data[start : start + 36] = b"".join(int(v).to_bytes(4, "big", signed=True) for v in values)
    path.write_bytes(data)
    return path


def corner_is_red(pixels: np.ndarray, corner: tuple[slice, slice]) -> bool:
    red, green = pixels[corner][..., 0].mean(), pixels[corner][..., 1].mean()
    return bool(red > 150 and green < 90)


TOP_LEFT = (slice(0, 16), slice(0, 16))
TOP_RIGHT = (slice(0, 16), slice(-16, None))
BOTTOM_LEFT = (slice(-16, None), slice(0, 16))


@pytest.fixture
def red_corner() -> np.ndarray:
    picture = np.zeros((64, 96, 3), np.uint8)
    picture[:32, :32, 0] = 255
    return picture


def test_times_of_a_variable_frame_rate_are_those_of_the_file(tmp_path: Path) -> None:
    times_ms = [0, 40, 100, 110, 300, 340, 1000]
    video = write_video(tmp_path / "vfr.mp4", times_ms)
    got = [picture.seconds for picture in read_pictures(video)]
    np.testing.assert_allclose(got, np.array(times_ms) / 1000, atol=1e-3)


def test_ntsc_times_do_not_drift(tmp_path: Path) -> None:
    times_ms = [round(i * 1001 / 30) for i in range(150)]
    video = write_video(tmp_path / "ntsc.mp4", times_ms)
    got = [picture.seconds for picture in read_pictures(video)]
    assert len(got) == 150
    np.testing.assert_allclose(got[-1], 149 * 1.001 / 30, atol=2e-3)
    assert count_pictures(video) == 150


def test_a_picture_without_rotation_flag_stays_as_it_is(tmp_path: Path, red_corner: np.ndarray) -> None:
    video = write_video(tmp_path / "plain.mp4", [0, 40], red_corner)
    pixels = next(iter(read_pictures(video))).pixels
    assert pixels.shape == (64, 96, 3)
    assert corner_is_red(pixels, TOP_LEFT)


@pytest.mark.parametrize(("matrix", "corner"), [((0, 1, -1, 0), TOP_RIGHT), ((0, -1, 1, 0), BOTTOM_LEFT)])
def test_a_portrait_phone_video_is_turned_upright(
    tmp_path: Path, red_corner: np.ndarray, matrix: tuple[int, int, int, int], corner: tuple[slice, slice]
) -> None:
    """The matrix (0 1 -1 0) means: turn clockwise to show, so the top left goes to the top right."""
    video = turn_in_file(write_video(tmp_path / "phone.mp4", [0, 40], red_corner), matrix)
    pixels = next(iter(read_pictures(video))).pixels
    assert pixels.shape == (96, 64, 3)
    assert corner_is_red(pixels, corner)


def test_pixels_that_are_not_square_become_square(tmp_path: Path, red_corner: np.ndarray) -> None:
    video = write_video(tmp_path / "wide.mp4", [0, 40], red_corner, sample_aspect=Fraction(4, 3))
    assert next(iter(read_pictures(video))).pixels.shape == (64, 128, 3)


def test_large_pictures_are_shrunk_in_proportion(tmp_path: Path) -> None:
    video = write_video(tmp_path / "large.mp4", [0], np.zeros((1080, 1920, 3), np.uint8))
    assert next(iter(read_pictures(video))).pixels.shape == (720, MAX_SIDE_PIXELS, 3)


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1600), np.int16), format="s16", layout="mono")
        frame.sample_rate = 16000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(CaptureError, match="no video track"):
        list(read_pictures(path))


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "is empty"), (b"this is not a video" * 100, "cannot be read as a video")]
)
def test_files_that_are_no_video_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(CaptureError, match=message):
        list(read_pictures(path))


def test_a_truncated_video_is_refused(tmp_path: Path) -> None:
    video = write_video(tmp_path / "clip.mp4", list(range(0, 2000, 40)))
    video.write_bytes(video.read_bytes()[:-600])
    with pytest.raises(CaptureError):
        list(read_pictures(video))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="there is no file"):
        list(read_pictures(tmp_path / "none.mp4"))
    with pytest.raises(CaptureError, match="is a folder"):
        list(read_pictures(tmp_path))
