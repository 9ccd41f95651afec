"""`python -m msmd.training.audio_encoder --data <recordings> --out <folder>`: corpus, fit, report."""

import argparse
import json
import sys
from pathlib import Path

import torch

from msmd.audio.embedded import EmbeddedEncoder
from msmd.audio.open_encoder import EMBEDDED_FOLDER
from msmd.core.command import run_command
from msmd.core.errors import MsmdError
from msmd.training.audio_encoder.moonshine import read_moonshine
from msmd.training.audio_encoder.phone_corpus import load_clips, make_corpus
from msmd.training.audio_encoder.train import PhoneTrainingConfig, score, train_phones
from msmd.training.train import has_fast_bfloat16


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m msmd.training.audio_encoder",
        description="Make a corpus of speech with known phones and fit the embedded audio encoder to it. "
        "Run it again to go on where it stopped.",
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with grid, ravdess, speech")
    parser.add_argument("--out", type=Path, required=True, help="folder of corpus, checkpoints and encoder")
    parser.add_argument(
        "--moonshine", type=Path, help="encoder_model.onnx to take the speech model from, not the package's"
    )
    parser.add_argument("--minutes", type=float, default=60.0, help="of speech from each synthesiser")
    parser.add_argument("--steps", type=int, default=PhoneTrainingConfig.num_steps)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    if not options.data.is_dir():
        raise MsmdError(
            f"{options.data} is not a folder. Give the recordings, laid out as docs/data.md says."
        )
    torch.set_num_threads(max(1, options.threads))
    make_corpus(options.data, options.out / "corpus", minutes_per_synthesizer=options.minutes, progress=_tell)
    clips = load_clips(options.out / "corpus")
    if options.moonshine is not None:
        speech_model = read_moonshine(options.moonshine)
    else:
        speech_model = EmbeddedEncoder.load(EMBEDDED_FOLDER).speech_model
    config = PhoneTrainingConfig(num_steps=options.steps, bfloat16=has_fast_bfloat16("cpu"))
    encoder = train_phones(clips, options.out, speech_model, config, _tell)
    held_out = [clip for clip in clips if clip.split == "val"]
    print(json.dumps(score(encoder, held_out, limit=sys.maxsize), indent=1))


def _tell(source: str, done: int, total: int) -> None:
    if done % 100 == 0:
        print(f"{source}: {done} clips", file=sys.stderr)


if __name__ == "__main__":
    run_command(main)
