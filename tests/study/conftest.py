"""A study of two trials and two systems, its videos fields of colour: complete, and made in a moment."""

import hashlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from msmd.core.animation import Sound
from msmd.render.video import write_pictures
from msmd.study.answers import Answers, Participant
from msmd.study.design import ANCHOR, KINDS, MATCH, Item, Study, Trial, Video, save_study
from msmd.study.order import Page

SECONDS = 0.6


def write_color(folder: Path, name: str, color: int, voiced: bool, seconds: float = SECONDS) -> Video:
    """A field of one colour with a bright square that moves, and a tone."""
    path = folder / "media" / f"{hashlib.sha256(name.encode()).hexdigest()[:24]}.mp4"
    path.parent.mkdir(exist_ok=True)
    frames = round(seconds * 25)
    pictures = np.full((frames, 64, 64, 3), color, np.uint8)
    for index in range(frames):
        pictures[index, 20:30, index % 50 : index % 50 + 10] = 255
    time = np.arange(round(seconds * 16_000)) / 16_000
    sound = Sound((0.1 * np.sin(2 * np.pi * (200 + color) * time)).astype(np.float32), 16_000)
    write_pictures(path, iter(pictures), Fraction(25), sound if voiced else None, frames)
    return Video(path.name, hashlib.sha256(path.read_bytes()).hexdigest(), seconds)


def name_color(folder: Path, name: str, color: int, voiced: bool, seconds: float = SECONDS) -> Video:
    """A video that nobody watches needs no file."""
    return Video(f"{name}.mp4", "", seconds)


def make_study(folder: Path, num_trials: int = 2, filmed: bool = True) -> Study:
    write = write_color if filmed else name_color

    def trial(name: str, kinds, systems, scenario="matching") -> Trial:
        items = {
            kind: tuple(
                Item(system, write(folder, f"{name} {kind} {system}", 40 + 50 * number, kind == "lips"))
                for number, system in enumerate(systems)
            )
            for kind in kinds
        }
        reference = write(folder, f"{name} reference", 10, False, 0.8)
        return Trial(name, scenario, name, reference, items)

    systems = ("ours", "rival", ANCHOR)
    trials = [
        trial(f"t{n + 1:02d}", KINDS, systems, ("matching", "contrasting")[n % 2]) for n in range(num_trials)
    ]
    folder.mkdir(exist_ok=True)
    study = Study(
        title="Talking faces",
        contact="the laboratory",
        seed=3,
        systems={
            name: {"bundle": f"{name}-bundle", "bundle_sha256": "0", "steps": 8} for name in systems[:2]
        },
        trials=tuple(trials),
        practice={kind: trial("practice", [kind], (MATCH, ANCHOR)) for kind in KINDS},
    )
    save_study(folder, study)
    return study


@pytest.fixture(scope="session")
def study_template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Study]:
    folder = tmp_path_factory.mktemp("study")
    return folder, make_study(folder)


@pytest.fixture
def study_folder(study_template: tuple[Path, Study], tmp_path: Path) -> Path:
    """A fresh copy of the study, without answers."""
    import shutil

    return Path(shutil.copytree(study_template[0], tmp_path / "study"))


@pytest.fixture
def study(study_template: tuple[Path, Study]) -> Study:
    return study_template[1]


@pytest.fixture
def answers(study: Study, tmp_path: Path) -> Iterator[Answers]:
    with Answers(tmp_path / "answers.sqlite", study) as answers:
        yield answers


def join(answers: Answers, kind=None) -> tuple[str, Participant]:
    """A newcomer."""
    token = answers.admit(kind=kind)
    participant = answers.find(token)
    assert participant is not None
    return token, participant


def fill_in(page: Page, questions, value: int = 3) -> dict[str, dict[str, int]]:
    """One value everywhere."""
    return {letter: dict.fromkeys(questions, value) for letter in page.characters}
