#!/usr/bin/env bash
# Measures solvers in one Chromium worker each: ours for sha256 and hashwx, and @cap.js/wasm. Builds
# the assets, installs the packages into build/release, and prints medians and ratios; fails where
# ours for sha256 isn't 1.6 times as fast as the peer, or where a solution is wrong.
#
#   bench/browser/run.sh [--rounds N] [NAME=FOLDER...]
#
# NAME=FOLDER is a build of @cap.js/wasm: cap_wasm.js and cap_wasm_bg.wasm. Without one, 0.0.7 is
# fetched from its repository, since npm has versions up to 0.0.6; that one comes from npm.
# Debian 12 or later, with Chromium. Nothing else should run meanwhile.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$here/../.."

REPOSITORY=https://github.com/tiagozip/cap
COMMIT=f392d15745b6d7efa6f19755326b2ea91ec777ff
FILES='e90c7d94e5be5a3ede1ba96e24f35e0238a94faac140cae83ee03956101e9f06  cap_wasm.js
e4f3c00246a775193661f9277ca1288cd310a6514de166ecc2176ccd26fb06a9  cap_wasm_bg.wasm'

say() { printf '==> %s\n' "$*" >&2; }

rounds=9
peers=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --rounds) rounds=$2; shift 2 ;;
    *=*) peers+=("$1"); shift ;;
    *) echo "error: $1 is neither --rounds N nor NAME=FOLDER" >&2; exit 2 ;;
  esac
done

scripts/install_dependencies.sh tests

build=build/release
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
say "Building $build"
{ cmake --preset release -DSTILE_BUILD_TESTS=ON && cmake --build "$build" -j "$(nproc)" --target page_dump
} >"$log" 2>&1 || { tail -n 40 "$log" >&2; exit 1; }

folder="$PWD/$build/bench/browser"
mkdir -p "$folder"
cmake "-DDUMP=$PWD/$build/bin/tests/page_dump" "-DFOLDER=$folder/assets" -P tests/browser/write_assets.cmake
say "Installing packages"
cmake "-DNPM=$(command -v npm)" "-DSOURCE=$PWD/tests/browser" "-DFOLDER=$folder/packages" \
  -P tests/browser/install_packages.cmake

if [[ ${#peers[@]} -eq 0 ]]; then
  cap="$folder/cap"
  if ! (cd "$cap/wasm/src/browser" && sha256sum --check --quiet - <<<"$FILES") 2>"$log"; then
    say "Fetching @cap.js/wasm 0.0.7"
    rm -rf "$cap"
    { git init -q "$cap" && git -C "$cap" fetch -q --depth 1 "$REPOSITORY" "$COMMIT" &&
        git -C "$cap" checkout -q FETCH_HEAD
    } || { echo "error: $REPOSITORY can't be had; name a build of it: 0.0.7=FOLDER" >&2; exit 1; }
    (cd "$cap/wasm/src/browser" && sha256sum --check --quiet - <<<"$FILES")
  fi
  peers=("0.0.7=$cap/wasm/src/browser")
fi

say "Measuring"
STILE_ASSETS="$folder/assets" STILE_PAGE_DUMP="$PWD/$build/bin/tests/page_dump" \
STILE_NODE_MODULES="$folder/packages/node_modules" STILE_CHROMIUM="$(command -v chromium)" \
STILE_RATE_ROUNDS="$rounds" STILE_LEAST_RATIO=1.6 \
  node tests/browser/solver_rate.js "${peers[@]}"
