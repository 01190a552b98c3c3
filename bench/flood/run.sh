#!/usr/bin/env bash
# The flood model: builds it, runs every scenario under every price and one with attackers of many
# sizes, draws the plots of docs/effort.md and writes its table. Some minutes of one core.
#
#   bench/flood/run.sh
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
build="${STILE_BUILD:-$root/build/release}"
cmake -S "$root" --preset release -DSTILE_BUILD_BENCH=ON >/dev/null
cmake --build "$build" --target flood_model
results="$(mktemp -d)"
trap 'rm -rf "$results"' EXIT
"$build/bin/flood_model" --json "$results/runs.json"
"$build/bin/flood_model" --scenario solving --rival fixed --rival tor327 --rival stile \
  --cores 1 2 4 8 16 32 64 128 256 --json "$results/sweep.json"
python3 -B "$root/bench/flood/plot_flood.py" "$results/runs.json" "$results/sweep.json" \
  "$root/docs/images" "$root/docs/effort.md"
