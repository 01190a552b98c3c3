#!/usr/bin/env bash
# The gateway against nginx's proxy_pass: builds what it needs, measures, prints tables.
#
#   bench/gateway/run.sh [options and parts of run.py]
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
build="${STILE_BUILD:-$root/build/release}"
if [[ ! -x "$build/bin/stiled" || ! -x "$build/bin/stile_load" ]]; then
  cmake -S "$root" --preset release -DSTILE_BUILD_BENCH=ON >/dev/null
  cmake --build "$build" --target stiled stile_load stile_responder stile_clearances
fi
exec python3 -B "$root/bench/gateway/run.py" --build "$build" "$@"
