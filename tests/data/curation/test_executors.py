"""Whoever does the work, and however often it is broken off, the dataset is the same to the byte."""

import multiprocessing
import random
import time
from collections import Counter
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest
from made_recordings import make_clip
from test_curate import snapshot

from msmd.core.errors import MsmdError
from msmd.data.curation.curate import Plan, curate
from msmd.data.curation.executors import Cores, Here, RayCluster
from msmd.data.packed import PackedDataset

CRASH = {"crash": 1.0}


@pytest.fixture(scope="module")
def few(tmp_path_factory) -> Path:
    """Six clips, one of which kills the process that tracks it."""
    folder = tmp_path_factory.mktemp("few") / "clips"
    for number in range(5):
        make_clip(folder / f"clip{number}.mp4", begin_seconds=0.8 + number, seconds=3.0, size=0.8)
    make_clip(folder / "deadly.mp4", seconds=3.0, **CRASH)
    return folder


@pytest.fixture(scope="module")
def harmless(few, tmp_path_factory) -> Path:
    """The same without the deadly one."""
    folder = tmp_path_factory.mktemp("harmless") / "clips"
    folder.mkdir()
    for path in few.glob("clip*.mp4"):
        (folder / path.name).hardlink_to(path)
    return folder


@pytest.fixture(scope="module")
def undisturbed(harmless, tmp_path_factory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("undisturbed")
    curate(plan(harmless), out, Here())
    return snapshot(out)


def plan(source: Path) -> Plan:
    return Plan((source,), tracker="coded", audio_encoders=("embedded",))


def test_processes_give_the_same_dataset_and_a_deadly_clip_costs_one_clip(
    few, harmless, undisturbed, tmp_path
):
    executor = Cores(2, limit_seconds=300.0)
    try:
        curate(plan(harmless), tmp_path / "same", executor)
        records = curate(plan(few), tmp_path / "deadly", executor)
    finally:
        executor.close()
    assert snapshot(tmp_path / "same") == undisturbed
    assert {one.id: one.codes for one in records if one.codes} == {"clips/deadly": ("crashed",)}
    assert "exit code 11" in next(one for one in records if one.codes).reasons[0].text


def test_ray_gives_the_same_dataset(harmless, undisturbed, tmp_path, monkeypatch):
    pytest.importorskip("ray", reason="Ray is not installed")
    monkeypatch.setenv("RAY_worker_niceness", "0")  # or it starves on a busy machine
    executor = RayCluster("local", workers=2)
    try:
        assert executor.workers == 2
        curate(plan(harmless), tmp_path, executor)
    finally:
        executor.close()
    assert snapshot(tmp_path) == undisturbed


class ShakyPool:
    """Stands for a pool of processes: the first so many break down on their second task."""

    broken_pools = 0

    def __init__(self, **how) -> None:
        self.done = 0
        self.shaky = ShakyPool.broken_pools > 0
        ShakyPool.broken_pools -= 1

    def schedule(self, function, args, timeout) -> Future:
        future = Future()
        self.done += 1
        if self.shaky and self.done >= 2:
            future.set_exception(BrokenProcessPool("all workers expired"))
        elif self.shaky:
            future = Future()
            future.cancel()
            future.set_running_or_notify_cancel()
        else:
            future.set_result(function(*args))
        return future

    def stop(self) -> None: ...

    def join(self) -> None: ...


@pytest.mark.parametrize("broken_pools", [0, 1, 3])
def test_a_pool_that_breaks_down_is_replaced_and_no_task_is_lost(monkeypatch, broken_pools):
    monkeypatch.setattr("pebble.ProcessPool", ShakyPool)
    ShakyPool.broken_pools = broken_pools
    assert dict(Cores(2).run(abs, range(-20, 0))) == {number: 20 - number for number in range(20)}


def test_pools_that_all_break_down_are_told(monkeypatch):
    monkeypatch.setattr("pebble.ProcessPool", ShakyPool)
    ShakyPool.broken_pools = 100
    with pytest.raises(MsmdError, match="--workers 0"):
        list(Cores(2).run(abs, range(-20, 0)))


def test_a_clip_that_takes_too_long_is_given_up(harmless, tmp_path):
    executor = Cores(1, limit_seconds=1.0)
    try:
        (result,) = executor.run(time.sleep, [60.0])
    finally:
        executor.close()
    assert result[1].fault.code == "stuck"


def test_killed_ten_times_at_random_it_ends_as_if_undisturbed(harmless, undisturbed, tmp_path, monkeypatch):
    """The moments are drawn by how much was done, so that a slow machine kills at the same places."""
    monkeypatch.setenv("CODED_TRACKER_LOG", str(tmp_path / "log"))
    out, chance = tmp_path / "out", random.Random(4)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["msmd.data.curation.curate", "torch"])
    kills, lost, finished = 0, [], {}
    while kills < 10:
        process = context.Process(target=curate, args=(plan(harmless), out))
        process.start()
        before, more = count_files(out), chance.randint(1, 6)
        while process.is_alive() and count_files(out) < before + more:
            process.join(0.002)
        if process.is_alive():
            process.kill()
            kills += 1
        process.join()
        done = read_log(tmp_path / "log", "done")
        if len(done) - len(lost) > count_tracks(out):  # killed between the end of a track and its storing
            lost.append(len(done) - 1)
        begun = Counter(read_log(tmp_path / "log", "begun"))
        stored = [clip for place, clip in enumerate(done) if place not in lost]
        finished = {clip: begun[clip] for clip in stored} | finished
        if process.exitcode == 0:
            break
    curate(plan(harmless), out)
    assert kills == 10
    assert snapshot(out) == undisturbed
    assert PackedDataset(out).clips
    begun = Counter(read_log(tmp_path / "log", "begun"))
    assert finished
    assert len(read_log(tmp_path / "log", "done")) == 5 + len(lost)
    assert sum(begun.values()) - 5 <= kills, "a kill costs one track at most"
    assert all(begun[clip] == times for clip, times in finished.items()), "a stored track was made again"


def read_log(path: Path, word: str) -> list[str]:
    """Names of the clips whose tracking was begun, or done, in order."""
    lines = path.read_text().splitlines() if path.is_file() else []
    return [line.split()[1] for line in lines if line.startswith(word + " ")]


def count_tracks(out: Path) -> int:
    """Tracks that are stored whole."""
    return sum(
        1
        for path in (out / "cache" / "track").glob("*/*")
        if path.suffix == ".safetensors" and not path.name.startswith(".")
    )


def count_files(folder: Path) -> int:
    return sum(1 for path in folder.rglob("*") if path.is_file())
