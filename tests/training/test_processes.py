"""Runs in processes of their own: killed with no warning, or two at once."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from msmd.core.errors import MsmdError
from msmd.training import workers as workers_module
from msmd.training.loop import fit
from msmd.training.run_folder import BEST, CHECKPOINT
from msmd.training.workers import gather_workers

PROGRAM = Path(__file__).parent / "programs" / "fit_tiny.py"


def start(folder: Path, num_steps: int, num_devices: int = 1) -> subprocess.Popen:
    source = Path(workers_module.__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": str(source), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(PROGRAM), str(folder), str(num_steps), str(num_devices)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def finish(process: subprocess.Popen) -> None:
    output, _ = process.communicate(timeout=600)
    assert process.returncode == 0, output.decode()


@pytest.fixture
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def weights(folder: Path, name: str) -> dict[str, torch.Tensor]:
    return load_file(folder / name)


def test_killed_with_no_warning_and_resumed_it_is_the_undisturbed_run_bit_for_bit(
    tiny_preset, draw_pairs, tmp_path, one_thread
):
    process = start(tmp_path / "killed", num_steps=30)
    deadline = time.monotonic() + 300
    while not (tmp_path / "killed" / BEST).is_file() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.communicate()
    assert process.returncode != 0, "the run ended before it was killed"
    finish(start(tmp_path / "killed", num_steps=30))
    fit(tiny_preset(num_steps=30), draw_pairs, [draw_pairs(10_000)], tmp_path / "whole")
    for name in (CHECKPOINT, BEST):
        whole, killed = weights(tmp_path / "whole", name), weights(tmp_path / "killed", name)
        assert whole.keys() == killed.keys()
        assert all(torch.equal(whole[key], killed[key]) for key in whole)


def test_two_workers_take_the_steps_of_one_that_sees_both_their_batches(
    tiny_preset, draw_pairs, tmp_path, one_thread
):
    pytest.importorskip("lightning_fabric")
    finish(start(tmp_path / "two", num_steps=3, num_devices=2))
    preset = tiny_preset(num_steps=3, accumulation=2)
    fit(preset, draw_pairs, [draw_pairs(10_000)], tmp_path / "one")
    two, one = (weights(tmp_path / name, CHECKPOINT) for name in ("two", "one"))
    first_moments = [key for key in one if "exp_avg/" in key]
    assert first_moments
    for key in one:
        torch.testing.assert_close(two[key], one[key], rtol=1e-4, atol=1e-6)
    alone = tmp_path / "alone"
    fit(tiny_preset(num_steps=3), draw_pairs, [], alone)
    other = weights(alone, CHECKPOINT)
    assert any(not torch.allclose(other[key], one[key], rtol=1e-4, atol=1e-6) for key in first_moments)


def test_more_gpus_than_there_are_is_an_error():
    with pytest.raises(MsmdError, match="GPUs"):
        gather_workers("cuda", torch.cuda.device_count() + 2)


def test_no_device_is_an_error():
    with pytest.raises(MsmdError, match="1 or more"):
        gather_workers("cpu", 0)


def test_without_fabric_several_devices_say_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightning_fabric", None)
    with pytest.raises(MsmdError, match=r"msmd\[train\]"):
        gather_workers("cpu", 2)
