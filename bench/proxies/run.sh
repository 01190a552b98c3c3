#!/usr/bin/env bash
# What a check costs in every proxy: builds what it needs, measures, prints one table.
#
#   bench/proxies/run.sh [options and proxies of run.py]
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
build="${STILE_BUILD:-$root/build/release}"
programs=(stiled stile stile_load stile_stand_in stile_clearances embed_c_proxy embed_cpp_proxy
  embed_c_unchecked embed_cpp_unchecked)
for program in "${programs[@]}"; do
  if [[ ! -x "$build/bin/$program" && ! -x "$build/bin/tests/$program" ]]; then
    cmake -S "$root" --preset release -DSTILE_BUILD_BENCH=ON -DSTILE_BUILD_TESTS=ON >/dev/null
    cmake --build "$build" --target "${programs[@]}"
    if grep -q '^STILE_BUILD_NGINX:BOOL=ON' "$build/CMakeCache.txt"; then
      cmake --build "$build" --target stile_nginx_module
    fi
    break
  fi
done
exec python3 -B "$root/bench/proxies/run.py" --build "$build" "$@"
