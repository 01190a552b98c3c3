#!/usr/bin/env bash
# stiled against nginx: builds what it needs, measures, prints tables.
#
#   bench/service/run.sh [options and parts of run.py]
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
build="${STILE_BUILD:-$root/build/release}"
programs=(stiled stile_load stile_responder stile_clearances)
for program in "${programs[@]}"; do
  if [[ ! -x "$build/bin/$program" ]]; then
    cmake -S "$root" --preset release -DSTILE_BUILD_BENCH=ON >/dev/null
    cmake --build "$build" --target "${programs[@]}"
    break
  fi
done
exec python3 -B "$root/bench/service/run.py" --build "$build" "$@"
