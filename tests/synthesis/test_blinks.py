import numpy as np

from msmd.core.animation import Motion
from msmd.core.units import ARKIT_NAMES, MOTION_FPS, NUM_ARKIT
from msmd.evaluation.dynamics import count_blinks
from msmd.face.arkit_weights import arkit_of_motion
from msmd.face.readers.arkit_motion import code_of_arkit
from msmd.synthesis.blinks import finish_blinks

LIDS = [ARKIT_NAMES.index(f"eyeBlink{side}") for side in ("Left", "Right")]


def lids_of(code: np.ndarray) -> np.ndarray:
    values = np.concatenate([code, np.zeros((len(code), 3), np.float32)], axis=1)
    return arkit_of_motion(Motion(values.astype(np.float32), MOTION_FPS))[:, LIDS].mean(1)


def code_with_lids(closure: np.ndarray, **others: float) -> np.ndarray:
    weights = np.zeros((len(closure), NUM_ARKIT), np.float32)
    weights[:, LIDS] = closure[:, None]
    for name, weight in others.items():
        weights[:, ARKIT_NAMES.index(name)] = weight
    return code_of_arkit(weights)


def dips(depth: float, held: float = 0.0) -> np.ndarray:
    closure = np.full(250, held)
    for frame in (60, 130, 200):
        closure[frame - 1 : frame + 2] += depth * np.array([0.5, 1.0, 0.5])
    return closure


def test_half_a_blink_becomes_a_whole_one_of_natural_length() -> None:
    blinks = count_blinks(lids_of(finish_blinks(code_with_lids(dips(0.5)))))
    assert round(blinks.per_minute) == 18
    assert 0.1 <= blinks.median_seconds <= 0.4


def test_a_tremble_of_the_lids_is_no_blink_and_is_stilled() -> None:
    finished = lids_of(finish_blinks(code_with_lids(dips(0.15))))
    assert finished.max() < 0.02


def test_half_closed_eyes_shut_too_and_open_no_further_than_before() -> None:
    closure = dips(0.45, held=0.4)
    finished = lids_of(finish_blinks(code_with_lids(closure)))
    assert finished[[60, 130, 200]].min() > 0.85
    assert np.abs(finished[90:110] - lids_of(code_with_lids(closure))[90:110]).max() < 1e-3


def test_only_the_lids_move() -> None:
    code = code_with_lids(dips(0.5), jawOpen=0.4, browInnerUp=0.6)
    shut = code_with_lids(np.ones(1)) / np.linalg.norm(code_with_lids(np.ones(1)))
    added = finish_blinks(code) - code
    assert np.abs(added).max() > 0.1
    assert np.abs(added - added @ shut.T * shut).max() < 1e-4


def test_a_line_of_one_frame_is_left_alone() -> None:
    assert finish_blinks(np.zeros((1, 64), np.float32)).shape == (1, 64)
