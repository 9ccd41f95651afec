#!/usr/bin/env bash
# Rebuilds the embedded bundle from recordings: tools/retrain.sh DATA [WORK] [MINUTES]
# About two hours on two processor cores. Killed at any time, the same command goes on.
set -euo pipefail
data=${1:?usage: tools/retrain.sh DATA [WORK] [MINUTES]}
work=${2:-work}
minutes=${3:-60}
cd "$(dirname "$0")/.."

python -m msmd.training.audio_encoder --data "$data" --out "$work/audio_encoder"
msmd curate "$data" --out "$work/dataset" --audio-encoder "$work/audio_encoder"
msmd train --preset embedded --dataset "$work/dataset" --minutes "$minutes" --out "$work/run"
msmd bundle "$work/run" --audio-encoder "$work/audio_encoder" --dataset "$work/dataset" --out "$work/bundle"
msmd evaluate "$work/bundle" --data "$work/dataset" --recordings "$data" --suite all -o "$work/evaluation"
echo "Copy $work/bundle to src/msmd/bundles/embedded to make it the one inside the package."
