#!/usr/bin/env bash
# Builds stiled and starts it on 127.0.0.1:8080 in front of a small built-in site.
#
#   scripts/run.sh [stiled args]
#
# Arguments go to stiled and replace the demo: scripts/run.sh --config my.toml
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '==> %s\n' "$*" >&2; }

scripts/install_dependencies.sh product

build=build/release
say "Configuring $build"
# Tests stay as an earlier scripts/test.sh has set them; a first build here leaves them out.
options=()
[[ -f $build/CMakeCache.txt ]] || options=(-DSTILE_BUILD_TESTS=OFF -DSTILE_BUILD_BENCH=OFF)
cmake --preset release "${options[@]}" >"${TMPDIR:-/tmp}/stile-configure.$$" 2>&1 || {
  cat "${TMPDIR:-/tmp}/stile-configure.$$" >&2
  rm -f "${TMPDIR:-/tmp}/stile-configure.$$"
  exit 1
}
rm -f "${TMPDIR:-/tmp}/stile-configure.$$"

say "Building stiled and stile"
cmake --build "$build" --target stiled stile >&2

arguments=("$@")
if [[ ${#arguments[@]} -eq 0 ]]; then
  arguments=(--demo)
  say "Starting stiled: open http://127.0.0.1:8080/ (stop it with Ctrl-C)"
else
  say "Starting stiled ${arguments[*]}"
fi
exec "$build/bin/stiled" "${arguments[@]}"
