#!/usr/bin/env bash
# Measures what attackers and visitors try in a second, and remakes the tables and plots of
# docs/economics.md.
#
#   bench/attack/run.sh [--turns N] [--gpu FILE] [--show]
#
# --turns: how often the core and the browser are measured in turn, 5 by default; medians are over
# all turns, since other tenants of a machine slow it for a minute or so at a time. --gpu: what
# bench/attack/gpu/run.sh wrote on a machine with a GPU; without it those figures stay. --show: only
# tables and plots, from bench/attack/results.json.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$here/../.."

say() { printf '==> %s\n' "$*" >&2; }

turns=5
gpu=()
show=
while (($#)); do
  case "$1" in
    --turns) turns=$2; shift 2 ;;
    --gpu) gpu=(--gpu "$2"); shift 2 ;;
    --show) show=1; shift ;;
    *) sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
  esac
done

build=build/release
out="$(mktemp -d)"
trap 'rm -rf "$out"' EXIT
say "Building $build"
cmake --preset release -DSTILE_BUILD_BENCH=ON -DSTILE_BUILD_TESTS=ON >"$out/log" 2>&1 ||
  { cat "$out/log" >&2; exit 1; }
cmake --build "$build" -j "$(nproc)" --target attack_bench page_dump stile >"$out/log" 2>&1 ||
  { tail -n 40 "$out/log" >&2; exit 1; }

measured=()
if [[ -z $show ]]; then
  cmake "-DNPM=$(command -v npm)" -DSOURCE=tests/browser "-DFOLDER=$PWD/$build/bench/attack/packages" \
    -P tests/browser/install_packages.cmake
  cmake "-DDUMP=$PWD/$build/bin/tests/page_dump" "-DFOLDER=$out/assets" -P tests/browser/write_assets.cmake
  export STILE_ASSETS="$out/assets" STILE_NODE_MODULES="$PWD/$build/bench/attack/packages/node_modules"
  STILE_CHROMIUM="$(command -v chromium || command -v chromium-browser)"
  export STILE_CHROMIUM STILE_RATE_ROUNDS=3
  for ((turn = 1; turn <= turns; turn++)); do
    say "Measuring a core, then a browser's worker: $turn of $turns"
    "$build/bin/attack_bench" --benchmark_repetitions=3 --benchmark_format=json >"$out/native$turn.json"
    node "$here/browser.js" >"$out/browser$turn.json"
    measured+=(--native "$out/native$turn.json" --browser "$out/browser$turn.json")
  done
fi
python3 -B "$here/collect.py" --output "$here/results.json" "${measured[@]}" "${gpu[@]}"

say "Tables and plots"
"$build/bin/stile" price --json "$here/built_in.toml" >"$out/price.json"
python3 -B "$here/show.py" "$here/results.json" "$out/price.json" docs/economics.md docs/images
