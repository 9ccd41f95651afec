#!/usr/bin/env bash
# Rebuilds the embedded bundle from recordings and evaluates it: tools/retrain.sh DATA [WORK] [options of
# `python -m msmd.training.embedded_bundle`]. Killed at any time, the same command goes on.
set -euo pipefail
data=${1:?usage: tools/retrain.sh DATA [WORK] [options]}
work=${2:-work}
cd "$(dirname "$0")/.."

python -m msmd.training.embedded_bundle --data "$data" --out "$work" "${@:3}"
msmd evaluate "$work/bundle" --data "$work/curated" --recordings "$data" --suite all -o "$work/evaluation"
echo "Copy $work/bundle to src/msmd/bundles/embedded to make it the one inside the package."
