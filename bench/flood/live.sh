#!/usr/bin/env bash
# A flood at a stiled that really runs, over loopback: builds what it needs, plays it, prints a
# table; ends with status 1 if stiled didn't hold. A minute and a half.
#
#   bench/flood/live.sh [options of live/live.py]
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
build="${STILE_BUILD:-$root/build/release}"
cmake -S "$root" --preset release -DSTILE_BUILD_BENCH=ON >/dev/null
cmake --build "$build" --target stiled stile_load stile_responder stile_clearances flood_client
exec python3 -B "$root/bench/flood/live/live.py" --build "$build" "$@"
