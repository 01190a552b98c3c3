#!/usr/bin/env bash
# Renews the record of the C ABI, capi/abi.txt and capi/libstile.abi, and says what changed. Only for
# what adds to stile.h: anything else breaks programs that are built, and takes another soname.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install_dependencies.sh tests
cmake --preset release -DSTILE_BUILD_TESTS=ON >/dev/null
cmake --build build/release -j "${STILE_JOBS:-$(nproc)}" --target record_abi
