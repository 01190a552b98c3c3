#!/usr/bin/env bash
# What Stile's module costs nginx: builds what it needs, measures, prints a table.
#
#   bench/module/run.sh [options of run.py]
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
build="${STILE_BUILD:-$root/build/release}"
programs=(stile_load stile_responder stile_clearances)
if [[ ! -f "$build/lib/ngx_http_stile_module.so" || ! -x "$build/bin/stile_load" ||
      ! -x "$build/bin/stile_responder" || ! -x "$build/bin/stile_clearances" ]]; then
  cmake -S "$root" --preset release -DSTILE_BUILD_BENCH=ON >/dev/null
  cmake --build "$build" --target "${programs[@]}" stile_nginx_module
fi
exec python3 -B "$root/bench/module/run.py" --build "$build" "$@"
