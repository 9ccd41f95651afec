"""Measure the model inside the package and write the numbers and pictures of docs/embedded.md.

python tools/make_embedded_page.py --data DATASET --recordings DATA -o WORK

About six minutes on one quiet core. Stopped, it goes on where it was; WORK belongs to one bundle.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from msmd.audio.open_encoder import EMBEDDED_FOLDER
from msmd.cli.terminal import progress_bar
from msmd.core.command import run_command
from msmd.evaluation.compare import Comparison
from msmd.evaluation.embedded.page import write_page
from msmd.evaluation.run import evaluate, name_bundles

ROOT = Path(__file__).parents[1]
BEFORE = ROOT / "docs" / "embedded_before.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="packed dataset with held-out clips")
    parser.add_argument("--recordings", type=Path, required=True, help="folder of recordings as they came")
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder for takes and results")
    parser.add_argument("--bundle", type=Path, default=EMBEDDED_FOLDER, help="if not the one in the package")
    parser.add_argument("--before", type=Path, default=BEFORE, help="embedded.json of an earlier model")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "embedded.md")
    options = parser.parse_args()
    bundles = name_bundles([str(options.bundle)])
    comparison = Comparison(bundles=bundles, dataset_folder=options.data, out_folder=options.out)
    with progress_bar() as progress:
        evaluate(comparison, options.recordings, ("embedded", "steps"), progress=progress)
    write_page(options.page, options.out / next(iter(bundles)), options.before)
    sheet = [sys.executable, str(ROOT / "tools" / "make_pictures.py"), "--bundle", str(options.bundle)]
    subprocess.run([*sheet, "--out", str(options.page.parent / "styles.png")], check=True)


if __name__ == "__main__":
    run_command(main)
