#!/usr/bin/env bash
# Runs clang-tidy over the product's sources; what it finds is an error.
#
#   scripts/tidy.sh [file.cc...]     all of them by default
#
# It reads the flags of build/dev, which it configures but does not build, except for sources that
# the build generates.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build="${STILE_BUILD:-build/dev}"
if [[ ! -f $build/compile_commands.json ]]; then
  cmake --preset dev >/dev/null
fi
if [[ $# -gt 0 ]]; then
  files=("$@")
else
  mapfile -t files < <(find . -regextype egrep -regex '\./(challenge|verifier|engine|capi|service|tool)/.*\.cc' | sort)
fi
printf '%s\0' "${files[@]}" |
  xargs -0 -r -n 1 -P 2 clang-tidy -p "$build" --quiet --warnings-as-errors='*'
