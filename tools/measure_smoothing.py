"""What smoothing takes of the noise, and of the lips and lids: the tables of docs/timing_and_quality.md.

    python tools/measure_smoothing.py --data DATA --raw-cache landmarks/

Known truth: takes of Live Link Face on the rig's landmarks, sampled at 25 and 30 frames a second, with white
noise. Compared are the filter that is used (`face.smoothing`), a Rauch-Tung-Striebel smoother of constant
velocity (the same as a cubic smoothing spline) and the One-Euro filter (Casiez et al. 2012), which the
package does not have: they stand here. Then the noise of real recordings, and blinks.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np

from msmd.core.animation import resample_frames
from msmd.core.units import ARKIT_NAMES, MOTION_FPS
from msmd.face.arkit_curves import ArkitCurves
from msmd.face.arkit_weights import landmarks_of_arkit
from msmd.face.blinks import find_blinks
from msmd.face.geometry import metric_landmarks
from msmd.face.readers.livelink import read_livelink
from msmd.face.regions import BROWS, EYES, INNER_LIP_PAIRS, LIPS
from msmd.face.smoothing import half_width_for, measure_noise, smooth_to_rate

SEEN = [*LIPS, *EYES, *BROWS]
SECONDS = 20


def rts(values: np.ndarray, times: np.ndarray, cutoff_hz: float) -> np.ndarray:
    """Kalman filter and Rauch-Tung-Striebel smoother, constant velocity, all dimensions alike."""
    flat = values.reshape(len(values), -1).astype(np.float64)
    ratio = (2 * np.pi * cutoff_hz) ** 4 * float(np.median(np.diff(times)))
    state, spread = np.stack([flat[0], 0 * flat[0]]), np.array([[1.0, 0.0], [0.0, 1e4]])
    filtered, ahead, spreads, spreads_ahead, steps = [], [], [], [], []
    for index in range(len(flat)):
        dt = times[index] - times[index - 1] if index else 0.0
        step = np.array([[1.0, dt], [0.0, 1.0]])
        if index:
            state = step @ state
            spread = step @ spread @ step.T + ratio * np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
        ahead.append(state)
        spreads_ahead.append(spread)
        gain = spread[:, 0] / (spread[0, 0] + 1)
        state = state + gain[:, None] * (flat[index] - state[0])
        spread = spread - np.outer(gain, spread[0])
        filtered.append(state)
        spreads.append(spread)
        steps.append(step)
    for index in range(len(flat) - 2, -1, -1):
        back = spreads[index] @ steps[index + 1].T @ np.linalg.inv(spreads_ahead[index + 1])
        filtered[index] = filtered[index] + back @ (filtered[index + 1] - ahead[index + 1])
    return np.array([state[0] for state in filtered]).reshape(values.shape)


def one_euro(values: np.ndarray, times: np.ndarray, least_hz: float, beta: float) -> np.ndarray:
    """The One-Euro filter: causal, its cutoff grows with the speed."""
    out, speed = values.astype(np.float64), np.zeros(values.shape[1:])
    for index in range(1, len(values)):
        dt = times[index] - times[index - 1]

        def share(cutoff_hz, dt=dt):
            return 1 / (1 + 1 / (2 * np.pi * cutoff_hz * dt))

        speed = speed + share(1.0) * ((values[index] - out[index - 1]) / dt - speed)
        out[index] = out[index - 1] + share(least_hz + beta * np.abs(speed)) * (
            values[index] - out[index - 1]
        )
    return out


FILTERS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "none": lambda values, times: values,
    "regression, 92 ms": lambda values, times: smooth_to_rate(values, times, times),
    "regression, by noise (used)": lambda values, times: smooth_to_rate(
        values, times, times, half_width_for(measure_noise(values[:, list(BROWS)]))
    ),
    "RTS, 9 Hz": lambda values, times: rts(values, times, 9),
    "RTS, 6 Hz": lambda values, times: rts(values, times, 6),
    "One-Euro, 4 Hz, 0.1": lambda values, times: one_euro(values, times, 4, 0.1),
    "One-Euro, 2 Hz, 0.05": lambda values, times: one_euro(values, times, 2, 0.05),
}


def tell_filters(takes: list[ArkitCurves]) -> None:
    """Error, speed of the lips and jitter under known truth."""
    rng = np.random.default_rng(0)
    print("| noise, mm | filter | error, mm | error of lips | speed of lips kept | jitter kept |")
    print("|---|---|---|---|---|---|")
    for noise in (0.05, 0.1, 0.2, 0.4):
        rows: dict[str, list[np.ndarray]] = {name: [] for name in FILTERS}
        for take in takes:
            even = take.resample(MOTION_FPS)
            truth = landmarks_of_arkit(even.weights[: SECONDS * 25]).astype(np.float64)
            times = np.arange(len(truth)) / 25
            noisy = truth + rng.normal(0, noise, truth.shape)
            for name, smooth in FILTERS.items():
                rows[name].append(_compare(smooth(noisy, times), truth, noisy))
        for name, found in rows.items():
            error, lips, jitter, along, own = np.mean(found, axis=0)
            print(f"| {noise} | {name} | {error:.3f} | {lips:.3f} | {along / own:.0%} | {jitter:.0%} |")


def _compare(smooth: np.ndarray, truth: np.ndarray, noisy: np.ndarray) -> np.ndarray:
    error = smooth - truth
    opening = [_opening(one) for one in (smooth, truth)]
    speed = [np.gradient(one) * 25 for one in opening]
    fast = np.abs(speed[1]) > np.percentile(np.abs(speed[1]), 90)
    along, own = (speed[0] * speed[1])[fast].sum(), np.square(speed[1][fast]).sum()
    jitter = [np.square(np.diff(one - truth, 2, axis=0)[:, SEEN]).mean() for one in (smooth, noisy)]
    distances = [np.sqrt(np.square(error[:, list(part)]).sum(axis=2).mean()) for part in (SEEN, LIPS)]
    return np.array([*distances, np.sqrt(jitter[0] / jitter[1]), along, own])


def _opening(landmarks: np.ndarray) -> np.ndarray:
    pairs = np.asarray(INNER_LIP_PAIRS)
    return (landmarks[:, pairs[:, 0], 1] - landmarks[:, pairs[:, 1], 1]).mean(axis=1)


def tell_recordings(cache: Path) -> None:
    """Noise of tracked recordings, and what the filter does to their lips."""
    print("\n| recordings | clips | noise, mm (10, 50, 90 %) | reach, ms | lip speed kept: 92 ms, used |")
    print("|---|---|---|---|---|")
    for corpus, every in (("ravdess", 1), ("grid", 40), ("video", 1), ("talking", 2)):
        noise, reach, kept = [], [], []
        for path in sorted((cache / corpus).glob("*.npz"))[::every]:
            with np.load(path) as raw:
                landmarks, times = raw["landmarks"], raw["times_seconds"]
                faces, _ = metric_landmarks(landmarks, int(raw["width"]), int(raw["height"]))
            found = np.isfinite(faces[:, 0, 0])
            if found.mean() < 0.95 or found.sum() < 30:
                continue
            faces, times = faces[found].astype(np.float64), times[found]
            noise.append(measure_noise(faces[:, list(BROWS)]))
            reach.append(half_width_for(noise[-1]))
            lips = faces[:, np.unique(INNER_LIP_PAIRS)]
            kept.append([_speed_kept(lips, times, width) for width in (half_width_for(0.0), reach[-1])])
        low, middle, high = np.percentile(noise, [10, 50, 90])
        plain, used = np.median(kept, axis=0)
        print(
            f"| {corpus} | {len(noise)} | {low:.3f}, {middle:.3f}, {high:.3f} | "
            f"{np.median(reach) * 1000:.0f} | {plain:.0%}, {used:.0%} |"
        )


def _speed_kept(lips: np.ndarray, times: np.ndarray, width: float) -> float:
    """95th percentile of the lips' speed (mean over landmarks) after smoothing, as a share of before."""
    after = smooth_to_rate(lips, times, times, width)
    fast = [
        np.percentile(np.linalg.norm(one[2:] - one[:-2], axis=2).mean(axis=1), 95) for one in (lips, after)
    ]
    return float(fast[1] / fast[0])


def tell_blinks(takes: list[ArkitCurves]) -> None:
    """Depth of real blinks at 25 frames a second, as a share of what was recorded."""
    print("\n| from | blinks | interpolated | smoothed | kept (used); mean, worst |")
    print("|---|---|---|---|---|")
    left = ARKIT_NAMES.index("eyeBlinkLeft")
    for name, every in (("60", 1), ("30", 2)):
        depths: list[list[float]] = []
        for whole in takes:
            take = ArkitCurves(whole.weights[::every], whole.head_rotation[::every], whole.fps / every)
            closed, times = take.weights[:, left], np.arange(take.num_frames) / float(take.fps)
            kept = take.resample(MOTION_FPS).weights[:, left]
            new = np.arange(len(kept)) / 25
            plain = resample_frames(closed[:, None], take.fps, MOTION_FPS)[:, 0]
            smooth = smooth_to_rate(closed[:, None], times, new)[:, 0]
            for top in find_blinks(closed, times, 0.4):
                near = np.abs(new - times[top]) < 0.1
                depths.append([float(one[near].max() / closed[top]) for one in (plain, smooth, kept)])
        table = np.array(depths)
        cells = [f"{column.mean():.3f}, {column.min():.3f}" for column in table.T]
        print(f"| {name} | {len(table)} | " + " | ".join(cells) + " |")


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--raw-cache", type=Path, required=True)
    arguments = parser.parse_args()
    takes = [read_livelink(path) for path in sorted((arguments.data / "livelink").glob("*.csv*"))]
    tell_filters(takes)
    tell_blinks(takes)
    tell_recordings(arguments.raw_cache)


if __name__ == "__main__":
    main()
