#!/usr/bin/env bash
# Compares Stile with what is used in its place: installs and builds what that takes, measures for
# about a minute, prints one table and writes JSON.
#
#   bench/peers/run.sh [--json FILE] [--markdown] [--quick] [--skip captcha|servers]...
#
# Debian 12 or later. The captcha libraries come from npm, into build/release/bench/peers. Nothing
# else should run meanwhile.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$here/../.."

say() { printf '==> %s\n' "$*" >&2; }

scripts/install_dependencies.sh tests

build=build/release
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
say "Building $build"
cmake --preset release -DSTILE_BUILD_BENCH=ON >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
cmake --build "$build" -j "$(nproc)" --target stile_bench jwt_bench >"$log" 2>&1 ||
  { tail -n 40 "$log" >&2; exit 1; }

packages="$build/bench/peers/packages"
arguments=("$@")
json="$build/bench/peers/comparison.json"
for argument in "${arguments[@]}"; do
  [[ $argument == --json* ]] && json=
done
if [[ " ${arguments[*]} " != *" --skip captcha "* ]]; then
  say "Installing the captcha libraries"
  cmake "-DNPM=$(command -v npm)" "-DSOURCE=$here" "-DFOLDER=$PWD/$packages" \
    -P tests/browser/install_packages.cmake
fi

say "Measuring"
python3 -B "$here/compare.py" --build "$build" --packages "$packages" ${json:+--json "$json"} \
  "${arguments[@]}"
[[ -z $json ]] || say "Figures are in $json"
