"""The one command that makes the bundle inside the package anew, from recordings.

    python -m msmd.training.embedded_bundle --data DATA --out WORK

    curated/        `msmd curate`: motion and sound of the recordings
    audio_encoder/  corpus of phones, and the audio encoder fitted to it
    voiced/         the recordings, f and v completed, and copies of them in other voices
    dataset/        with performed pairs, and everything as the audio encoder hears it
    run/            `msmd train`
    bundle/         `msmd bundle`

A stage whose result is there is not made again, and one that was broken off goes on as far as it can: after a
kill, give the same command. WORK/stages.json tells what each stage was made with, and the hours of its last
sitting.
"""

import argparse
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch

from msmd.audio.embedded import EmbeddedEncoder
from msmd.audio.open_encoder import EMBEDDED_FOLDER
from msmd.core.command import run_command
from msmd.core.errors import MsmdError
from msmd.core.files import whole_file
from msmd.core.presets import named_preset
from msmd.data.corpora.sources import is_mixed
from msmd.data.curation.curate import Plan, curate
from msmd.data.curation.executors import open_executor
from msmd.data.packing import write_features
from msmd.training.audio_encoder.phone_corpus import load_clips, make_corpus
from msmd.training.audio_encoder.train import PhoneTrainingConfig, train_phones
from msmd.training.make_bundle import make_bundle
from msmd.training.performed_pairs import make_pairs
from msmd.training.performed_takes import PEOPLE_SOURCES
from msmd.training.train import has_fast_bfloat16, train
from msmd.training.voiced_recordings import MOST_COPIES, make_voiced

STAGES_NAME: Final = "stages.json"

_SEPARATE_SOURCES: Final = ("video",)
"""Folders beside the corpora that `msmd curate` takes only when they are named."""


@dataclass(frozen=True)
class Stage:
    """One step on the way.

    Attributes:
        name: of its folder.
        settings: that its result depends on, JSON-ready.
        make: does it, going on where it was broken off.
    """

    name: str
    settings: Mapping[str, Any]
    make: Callable[[], object]


def run_stages(stages: list[Stage], work: Path, tell: Callable[[str], None]) -> None:
    """Make what is not made yet, in order.

    Raises:
        MsmdError: a result is there that was made with other settings; nothing is made then.
    """
    done = _read_done(work)
    for stage in stages:
        made_with = done.get(stage.name, {}).get("settings")
        if made_with is not None and made_with != json.loads(json.dumps(stage.settings)):
            raise MsmdError(
                f"{work / stage.name} was made with {made_with}, not with {dict(stage.settings)}. Give the "
                f"same settings, or another --out; or delete it and what comes after it, and their entries "
                f"in {work / STAGES_NAME}."
            )
    for stage in stages:
        if "hours" in done.get(stage.name, {}):
            tell(f"{stage.name}: is there")
            continue
        tell(f"{stage.name}: begins")
        done[stage.name] = {"settings": dict(stage.settings)}
        _keep_done(work, done)
        began = time.monotonic()
        stage.make()
        done[stage.name]["hours"] = hours = round((time.monotonic() - began) / 3600, 3)
        _keep_done(work, done)
        tell(f"{stage.name}: done, {hours:g} h")


def _keep_done(work: Path, done: Mapping[str, Any]) -> None:
    with whole_file(work / STAGES_NAME) as aside:
        aside.write_text(json.dumps(done, indent=1) + "\n", encoding="utf-8")


def _read_done(work: Path) -> dict[str, Any]:
    path = work / STAGES_NAME
    if not path.exists():
        return {}
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise MsmdError(f"{path} cannot be read: {error}. Delete it, or give another --out.") from error


def list_stages(
    data: Path,
    work: Path,
    *,
    speech_minutes: float = 60.0,
    encoder_steps: int = PhoneTrainingConfig.num_steps,
    copies: int = 1,
    performed_minutes: float = 360.0,
    preset: str = "embedded",
    steps: int | None = None,
    workers: int | None = None,
    threads: int = 2,
) -> list[Stage]:
    """What `run_stages` shall do.

    Args:
        data: recordings, as `docs/data.md` lays them out.
        work: folder of all results.
        speech_minutes: of each synthesiser, for the audio encoder.
        encoder_steps: of its fit.
        copies: of each training clip in another voice.
        performed_minutes: of performed pairs.
        preset: of the model.
        steps: of its training; None: the preset's.
        workers: processes of curation; None: one for each core.
        threads: of the processor, for both fits.

    Raises:
        MsmdError: `data` is no folder, or a number that no stage could work with.
    """
    if not data.is_dir():
        raise MsmdError(f"{data} is not a folder. Give the recordings, laid out as docs/data.md says.")
    if named_preset(preset).audio_encoder != EmbeddedEncoder.name:
        raise MsmdError(
            f"the preset {preset!r} reads other features. `msmd presets` lists the embedded ones."
        )
    if not 0 <= copies <= MOST_COPIES:
        raise MsmdError(f"{copies} copies cannot be made: give 0 to {MOST_COPIES}.")
    if min(speech_minutes, performed_minutes, encoder_steps, threads, 1 if steps is None else steps) <= 0:
        raise MsmdError("minutes, steps and threads are more than 0.")
    if workers is not None and workers < 0:
        raise MsmdError(f"{workers} workers: give 0 (this process) or more.")
    told = {"data": str(data.resolve())}
    corpus, encoder = work / "audio_encoder" / "corpus", work / "audio_encoder"

    def curate_recordings() -> None:
        beside = [data / name for name in _SEPARATE_SOURCES if is_mixed(data) and (data / name).is_dir()]
        sources = (data, *beside)
        executor = open_executor(workers)
        try:
            curate(Plan(sources), work / "curated", executor)
        finally:
            executor.close()

    def fit_encoder() -> None:
        make_corpus(data, corpus, minutes_per_synthesizer=speech_minutes)
        torch.set_num_threads(threads)
        config = PhoneTrainingConfig(num_steps=encoder_steps, bfloat16=has_fast_bfloat16("cpu"))
        train_phones(load_clips(corpus), encoder, EmbeddedEncoder.load(EMBEDDED_FOLDER).speech_model, config)

    def voice_recordings() -> None:
        make_voiced(work / "curated", work / "voiced", copies, encoder=EmbeddedEncoder.load(encoder))

    def perform_pairs() -> None:
        people = load_clips(corpus, tuple(PEOPLE_SOURCES))
        make_pairs(work / "dataset", performed_minutes, join=work / "voiced", people=people)
        write_features(work / "dataset", EmbeddedEncoder.load(encoder))

    return [
        Stage("curated", told, curate_recordings),
        Stage(
            "audio_encoder", told | {"speech_minutes": speech_minutes, "steps": encoder_steps}, fit_encoder
        ),
        Stage("voiced", {"copies": copies, "mouth": "heard"}, voice_recordings),
        Stage("dataset", {"performed_minutes": performed_minutes}, perform_pairs),
        Stage(
            "run",
            {"preset": preset, "steps": steps},
            lambda: train(work / "dataset", preset, work / "run", num_steps=steps, threads=threads),
        ),
        Stage("bundle", {}, lambda: make_bundle(work / "run", encoder, work / "dataset", work / "bundle")),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m msmd.training.embedded_bundle",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, required=True, help="recordings, laid out as docs/data.md says")
    parser.add_argument("--out", type=Path, required=True, help="folder of all results")
    parser.add_argument("--speech-minutes", type=float, default=60.0, help="of each synthesiser")
    parser.add_argument("--encoder-steps", type=int, default=PhoneTrainingConfig.num_steps)
    parser.add_argument("--copies", type=int, default=1, help="of each training clip, in other voices")
    parser.add_argument("--performed-minutes", type=float, default=360.0)
    parser.add_argument("--preset", default="embedded")
    parser.add_argument("--steps", type=int, help="of the model's training, instead of the preset's")
    parser.add_argument("--workers", type=int, help="processes of curation; one for each core if left out")
    parser.add_argument("--threads", type=int, default=2)
    options = vars(parser.parse_args())
    data, work = options.pop("data"), options.pop("out")
    run_stages(list_stages(data, work, **options), work, lambda line: print(line, flush=True))


if __name__ == "__main__":
    run_command(main)
