"""`python -m msmd.training.expression_encoder shoot|fit|calibrate`: renders, the encoder, its calibration.

Once, from the repository's root:

    python -m msmd.training.expression_encoder shoot work/renders --people 3000
    python -m msmd.training.expression_encoder fit work/renders \
        -o src/msmd/face/assets/expression_encoder.safetensors
    python -m msmd.training.expression_encoder shoot work/calibration --people 400 --seed 60
    python -m msmd.training.expression_encoder calibrate work/calibration \
        --encoder src/msmd/face/assets/expression_encoder.safetensors
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import torch

from msmd.core.command import run_command
from msmd.face.expression_encoder import (
    ExpressionEncoder,
    read_expression_encoder,
    save_expression_encoder,
)
from msmd.training.expression_encoder.calibrate import as_table, calibrate
from msmd.training.expression_encoder.fit import FitConfig, fit_encoder
from msmd.training.expression_encoder.shoot import draw_sitters, load_renders, shoot


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m msmd.training.expression_encoder",
        description="Draw and track people who do not exist; fit the expression encoder, and calibrate it.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    shooting = commands.add_parser("shoot", help="draw and track; goes on where it was stopped")
    shooting.add_argument("folder", type=Path, help="of the shards")
    shooting.add_argument("--people", type=int, default=3000)
    shooting.add_argument("--seed", type=int, default=0, help="another one gives other people")
    fitting = commands.add_parser("fit", help="fit the encoder")
    fitting.add_argument("folder", type=Path, help="of the shards")
    fitting.add_argument("-o", "--out", type=Path, required=True, help="the encoder, .safetensors")
    fitting.add_argument("--steps", type=int, default=FitConfig.num_steps)
    fitting.add_argument("--start", type=Path, help="an encoder to go on from, .safetensors")
    fitting.add_argument(
        "--rate", type=float, default=FitConfig.learning_rate, help="learning rate at its peak"
    )
    fitting.add_argument("--threads", type=int, default=1)
    gauging = commands.add_parser("calibrate", help="measure it on other people, and store what is found")
    gauging.add_argument("folder", type=Path, help="of shards that it was not fitted to")
    gauging.add_argument("--encoder", type=Path, required=True, help=".safetensors; its .json is written")
    options = parser.parse_args()
    if options.command == "shoot":
        shoot(options.folder, options.people, options.seed, draw_sitters, _tell)
    elif options.command == "calibrate":
        encoder = _read(options.encoder)
        found = calibrate(encoder, load_renders(options.folder))
        save_expression_encoder(replace(encoder, calibration=found.calibration), options.encoder)
        print(as_table(found))
    else:
        torch.set_num_threads(options.threads)

        def keep(encoder: ExpressionEncoder) -> None:
            save_expression_encoder(encoder, options.out)

        start = None if options.start is None else _read(options.start)
        config = FitConfig(num_steps=options.steps, learning_rate=options.rate)
        keep(fit_encoder(load_renders(options.folder), config, _tell, keep, start))


def _read(path: Path) -> ExpressionEncoder:
    return read_expression_encoder(path.read_bytes(), path.with_suffix(".json").read_text(encoding="utf-8"))


def _tell(stage: str, done: int, total: int) -> None:
    if done % 50 == 0 or done == total:
        print(f"{stage}: {done} of {total}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    run_command(main)
