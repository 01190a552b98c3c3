#!/usr/bin/env bash
# Runs the outage drills against the release build.
#
#   scripts/drills.sh [--full] [--report FILE] [D01 D07-control ...]
#
# All of them in short phases by default; --full has phases of 30 s. Prints a line for each drill and
# for its control, and exits with 1 unless every drill passes and every control is red. --report
# writes the page of docs/drills.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=build/release
if [[ -z "${STILE_DRILLS_PREBUILT:-}" ]]; then
  scripts/install_dependencies.sh tests
  printf '==> Building %s\n' "$build" >&2
  cmake --preset release -DSTILE_BUILD_TESTS=ON >/dev/null
  cmake --build "$build" -j "${STILE_JOBS:-$(nproc)}" --target stiled stile solve_challenge \
    spend_driver stepped_clock failing_memory failing_disk same_random library_drills >&2
fi
bin="$PWD/$build/bin"
export STILED="$bin/stiled" STILE="$bin/stile"
export STILE_SOLVE="$bin/tests/solve_challenge" SPEND_DRIVER="$bin/tests/spend_driver"
export DRILL_LIBRARIES="$bin/tests"
exec python3 -B tests/drills/drills.py "$@"
