#!/usr/bin/env bash
# Builds Stile for aarch64 with warnings as errors and runs its unit tests under QEMU.
#
#   scripts/test_aarch64.sh
#
# It takes a cross compiler and an emulator from Debian, and unpacks aarch64's libraries into the
# build folder: nothing that this machine has installed is touched (scripts/sysroot.sh).
#
# All GoogleTest programs are run, those of the service and of the tool too, and a C program against
# libstile.so. Left out:
#   policy_property_test   a million requests against a plain reading of the policy; minutes when
#                          emulated
#   everything else        that isn't a unit test: integration, browser, fuzzing, constant time
#                          (valgrind can't run under QEMU), the house's own checks
#
# STILE_JOBS is the number of parallel jobs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '==> %s\n' "$*" >&2; }

[[ $# -eq 0 ]] || { printf 'usage: scripts/test_aarch64.sh\n' >&2; exit 2; }
jobs="${STILE_JOBS:-$(nproc)}"
build=build/aarch64

scripts/install_dependencies.sh aarch64
scripts/sysroot.sh arm64

say "Configuring $build"
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
cmake --preset aarch64 >"$log" 2>&1 || { cat "$log" >&2; exit 1; }

say "Building with $jobs jobs"
cmake --build "$build" -j "$jobs" --target unit_tests >&2

say "Testing under QEMU"
ctest --test-dir "$build" --output-on-failure --no-tests=error -j "$jobs" \
  -R '^([a-z0-9_]+_test\.|install\.c_program_runs)' -E '^policy_property_test\.' </dev/null
