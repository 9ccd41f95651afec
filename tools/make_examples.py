"""Make the demo input in examples/: a line of synthetic speech, and a video of our own face being happy.

    python tools/make_examples.py

The line needs the free synthesiser flite (Debian: flite); without it only the video is made.
"""

import shutil
import subprocess
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from msmd.core.units import ARKIT_NAMES, NUM_ARKIT
from msmd.face.rig import load_rig
from msmd.render.face import render_frames

EXAMPLES = Path(__file__).parents[1] / "examples"
LINE = (
    "Hello. I speak this line in the manner of the example that you gave me. "
    "My lips close on every p, b and m, and my brows tell you how I feel."
)
FPS = 25
REST_SECONDS, PERFORMANCE_SECONDS = 1.2, 5.0
"""The video begins with the face at rest, so that its neutral can be named: --neutral 0.5s."""

HAPPY = {
    **{f"mouthSmile{side}": 0.75 for side in ("Left", "Right")},
    **{f"cheekSquint{side}": 0.5 for side in ("Left", "Right")},
    **{f"browOuterUp{side}": 0.5 for side in ("Left", "Right")},
    "browInnerUp": 0.4,
}


def main() -> None:
    EXAMPLES.mkdir(exist_ok=True)
    if shutil.which("flite"):
        write_line(EXAMPLES / "line.ogg")
    else:
        print("flite is not installed: examples/line.ogg stays as it is")
    write_performance(EXAMPLES / "style_happy.mp4")


def write_line(path: Path) -> None:
    """Speak `LINE` by flite's slt voice; Opus in Ogg, mono."""
    with tempfile.TemporaryDirectory() as folder:
        wave = Path(folder) / "line.wav"
        subprocess.run(["flite", "-voice", "slt", "-t", LINE, "-o", str(wave)], check=True)
        with av.open(str(wave)) as source, av.open(str(path), "w") as target:
            stream = target.add_stream("libopus", rate=48_000, layout="mono")
            stream.bit_rate = 48_000
            resampler = av.AudioResampler("fltp", "mono", 48_000)
            for frame in [*source.decode(audio=0), None]:
                for piece in resampler.resample(frame):
                    target.mux(stream.encode(piece))
            target.mux(stream.encode(None))


def perform() -> tuple[np.ndarray, np.ndarray]:
    """ARKit weights (frames, 52) and head rotation (frames, 3) of a cheerful, babbling face."""
    seconds = np.arange(int((REST_SECONDS + PERFORMANCE_SECONDS) * FPS)) / FPS
    onset = np.clip((seconds - REST_SECONDS) / 0.4, 0, 1)
    weights = np.zeros((len(seconds), NUM_ARKIT), np.float32)
    for name, value in HAPPY.items():
        weights[:, ARKIT_NAMES.index(name)] = value * onset
    # Four syllables a second, in phrases; the smile pulls wider between them.
    syllables = np.maximum(np.sin(2 * np.pi * 4 * seconds), 0) * (np.sin(2 * np.pi * 0.4 * seconds) > -0.6)
    weights[:, ARKIT_NAMES.index("jawOpen")] = 0.45 * syllables * onset
    rounded = np.maximum(np.sin(2 * np.pi * 1.3 * seconds), 0) ** 2
    weights[:, ARKIT_NAMES.index("mouthFunnel")] = 0.35 * rounded * onset
    for centre in (2.6, 4.9):
        blink = np.exp(-(((seconds - centre) / 0.08) ** 2))
        for side in ("Left", "Right"):
            weights[:, ARKIT_NAMES.index(f"eyeBlink{side}")] = blink
    head = np.stack(
        [0.05 * np.sin(2 * np.pi * 0.7 * seconds), 0.08 * np.sin(2 * np.pi * 0.3 * seconds), 0.03 * onset],
        axis=1,
    )
    return weights, (head * onset[:, None]).astype(np.float32)


def write_performance(path: Path) -> None:
    """Render `perform` as a silent H.264 video."""
    weights, head = perform()
    frames = render_frames(load_rig().vertices(weights), head, size_px=448)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as target:
        stream = target.add_stream("libx264", rate=Fraction(FPS), options={"crf": "23", "preset": "slow"})
        stream.width = stream.height = 448
        stream.pix_fmt = "yuv420p"
        for picture in frames:
            target.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        target.mux(stream.encode(None))


if __name__ == "__main__":
    main()
