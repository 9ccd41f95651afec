"""The fit finds what made its data, also where that is not what mouths usually do."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("pocketsphinx", reason='needs the extra "train"')

from msmd.audio.phone_network import PHONES
from msmd.face.lip_closure import lip_gap_direction
from msmd.synthesis.performer.articulation import articulate, load_articulation
from msmd.synthesis.performer.phones import TimedPhone, fill_silence
from msmd.training.fit_articulation import AlignedClip, find_opening_direction, fit


@pytest.fixture(scope="module")
def strange() -> list[AlignedClip]:
    """Forty lines of a speaker who opens little for AA and wide for UW."""
    own = load_articulation()
    opening = own.opening_mm.clone()
    opening[PHONES.index("AA")], opening[PHONES.index("UW")] = 3.0, 9.0
    speaker, clips = replace(own, opening_mm=opening), []
    for seed in range(40):
        chance = np.random.default_rng(seed)
        names = chance.choice(["AA", "UW", "T", "IY", "P", "L"], 14)
        phones = [TimedPhone(str(n), 0.5 + 0.12 * i, 0.62 + 0.12 * i) for i, n in enumerate(names)]
        heard = np.zeros((68, 8), np.float32)
        heard[:, :2] = 0.85
        filled = fill_silence(phones, 68 / 25)
        code = articulate(filled, 68, heard, chance=chance, articulation=speaker).code()
        noise = 0.02 * chance.standard_normal(code.shape).astype(np.float32)
        clips.append(AlignedClip(filled, code + noise, heard))
    return clips


def test_a_speakers_own_openings_win_over_the_usual_ones(strange) -> None:
    fitted = fit(strange, steps=8)
    mm = {name: float(fitted.opening_mm[PHONES.index(name)]) for name in ("AA", "UW", "P", "SIL")}
    assert mm["UW"] > mm["AA"]  # usually AA opens by 5.5 mm more
    assert mm["P"] == 0 and mm["SIL"] == 0
    # What the lines do not show stays as it is in general.
    assert float(fitted.opening_mm[PHONES.index("AE")]) == pytest.approx(7.5, abs=0.1)
    assert np.abs(fitted.shapes.numpy() @ lip_gap_direction()).max() < 0.02


def test_the_opening_direction_parts_the_lips_by_a_millimetre(strange) -> None:
    direction = find_opening_direction(np.concatenate([clip.expression for clip in strange]))
    assert direction @ lip_gap_direction() == pytest.approx(1.0, abs=1e-3)
    own = load_articulation().opening_direction
    assert direction @ own / np.linalg.norm(direction) / np.linalg.norm(own) > 0.9
