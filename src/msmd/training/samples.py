"""Pictures of what a model in training does with recordings that it does not learn from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float32, UInt8

from msmd.core.animation import Motion
from msmd.data.packed import Clip, PackedDataset, Statistics
from msmd.diffusion.schedule import Schedule
from msmd.face.arkit_weights import arkit_of_motion
from msmd.face.rig import load_rig
from msmd.model.motion_model import MotionModel
from msmd.render.face import render_frames
from msmd.render.sheet import write_contact_sheet
from msmd.synthesis.reference import encode_reference
from msmd.synthesis.windows import Sampling, generate

NUM_PICTURES: Final = 8
SIZE_PX: Final = 160
SAMPLING: Final = Sampling("dpmpp", 8, guidance_audio=0.0, guidance_style=0.0, seed=0)

Pictures = list[UInt8[np.ndarray, "H W 3"]]


@dataclass(frozen=True)
class SampleSheets:
    """Draws contact sheets: of each clip the recording, then the model's, at the same times.

    The second half of a clip is animated, its first half is the style reference (section 6.1).

    Attributes:
        packed: dataset.
        encoder_name: whose audio features the model reads.
        statistics: of its motion.
        schedule: of its diffusion.
        clips: to animate.
    """

    packed: PackedDataset
    encoder_name: str
    statistics: Statistics
    schedule: Schedule
    clips: Sequence[Clip]

    def draw(self, model: MotionModel, path: Path) -> None:
        """Write the sheet as a PNG.

        Raises:
            OutputError: it cannot be written.
        """
        rows = []
        for clip in self.clips:
            half = clip.frames // 2
            recorded = self.packed.motion(clip.id)[half:]
            rows.append((f"{clip.id} recorded", _draw_frames(recorded)))
            rows.append((f"{clip.id} model", _draw_frames(self.animate(model, clip))))
        write_contact_sheet(rows, path)

    def animate(self, model: MotionModel, clip: Clip) -> Float32[np.ndarray, "frames 67"]:
        """The second half of a clip in the style of its first, in code units."""
        half = clip.frames // 2
        reference = self.statistics.standardise(self.packed.motion(clip.id)[:half])
        heard = self.packed.audio_features(clip.id, self.encoder_name)[half:]
        style = encode_reference(model, reference)
        return self.statistics.restore(generate(model, self.schedule, heard, style, SAMPLING).motion)


def choose_clips(clips: Sequence[Clip], count: int = 3) -> list[Clip]:
    """The longest clip of each corpus and emotion with all of the face, most different corpora first."""
    whole = [clip for clip in clips if clip.has_lips and clip.has_upper and clip.frames >= 50]
    longest = {}
    for clip in sorted(whole, key=lambda clip: (clip.frames, clip.id)):
        longest[clip.corpus, clip.emotion] = clip
    seen: dict[str, int] = {}
    ranked = []
    for (corpus, _), clip in sorted(longest.items()):
        seen[corpus] = seen.get(corpus, 0) + 1
        ranked.append((seen[corpus], clip.id, clip))
    return [clip for _, _, clip in sorted(ranked, key=lambda row: row[:2])][:count]


def _draw_frames(values: Float32[np.ndarray, "frames 67"]) -> Pictures:
    at = np.linspace(0, len(values) - 1, NUM_PICTURES).round().astype(int)
    motion = Motion(values[at])
    vertices = load_rig().vertices(arkit_of_motion(motion))
    return list(render_frames(vertices, motion.head_rotation, SIZE_PX))
