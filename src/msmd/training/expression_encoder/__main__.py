"""`python -m msmd.training.expression_encoder shoot|fit`: renders, then the encoder.

Once, from the repository's root:

    python -m msmd.training.expression_encoder shoot work/renders --people 3000
    python -m msmd.training.expression_encoder fit work/renders \
        -o src/msmd/face/assets/expression_encoder.safetensors
"""

import argparse
import sys
from pathlib import Path

import torch

from msmd.core.errors import MsmdError
from msmd.face.expression_encoder import (
    ExpressionEncoder,
    read_expression_encoder,
    save_expression_encoder,
)
from msmd.training.expression_encoder.fit import FitConfig, fit_encoder
from msmd.training.expression_encoder.shoot import load_renders, shoot


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m msmd.training.expression_encoder",
        description="Draw and track people who do not exist, and fit the expression encoder to them.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    shooting = commands.add_parser("shoot", help="draw and track; goes on where it was stopped")
    shooting.add_argument("folder", type=Path, help="of the shards")
    shooting.add_argument("--people", type=int, default=3000)
    fitting = commands.add_parser("fit", help="fit the encoder")
    fitting.add_argument("folder", type=Path, help="of the shards")
    fitting.add_argument("-o", "--out", type=Path, required=True, help="the encoder, .safetensors")
    fitting.add_argument("--steps", type=int, default=FitConfig.num_steps)
    fitting.add_argument("--start", type=Path, help="an encoder to go on from, .safetensors")
    fitting.add_argument(
        "--rate", type=float, default=FitConfig.learning_rate, help="learning rate at its peak"
    )
    fitting.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    if options.command == "shoot":
        shoot(options.folder, options.people, progress=_tell)
    else:
        torch.set_num_threads(options.threads)

        def keep(encoder: ExpressionEncoder) -> None:
            save_expression_encoder(encoder, options.out)

        start = None
        if options.start is not None:
            card_text = options.start.with_suffix(".json").read_text(encoding="utf-8")
            start = read_expression_encoder(options.start.read_bytes(), card_text)
        config = FitConfig(num_steps=options.steps, learning_rate=options.rate)
        keep(fit_encoder(load_renders(options.folder), config, _tell, keep, start))


def _tell(stage: str, done: int, total: int) -> None:
    if done % 50 == 0 or done == total:
        print(f"{stage}: {done} of {total}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except MsmdError as error:
        sys.exit(f"error: {error}")
