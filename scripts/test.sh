#!/usr/bin/env bash
# Builds everything and runs the tests.
#
#   scripts/test.sh [ctest args]   the short tier; e.g. scripts/test.sh -R gate
#   scripts/test.sh --full [...]   the long tier too: every phase and seed, minutes of fuzzing; without
#                                  ctest arguments also scripts/test_aarch64.sh
#
# Long tests carry the CTest label `full`; those that have a short and a long form read
# STILE_TEST_TIER, which is `full` in the long tier and not set in the short one.
# Tests that drive browsers, proxies or Redis, break things under load, or install packages
# (browser.*, integration.*, fleet.*, drills.*, packages.*) share the machine with them: if up to
# three of these fail, and no other test does, they get one second try, alone.
# STILE_PRESET picks another preset (asan, tsan, dev), STILE_JOBS the number of parallel jobs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '==> %s\n' "$*" >&2; }

full=
if [[ "${1:-}" == --full ]]; then
  full=1
  shift
fi
preset="${STILE_PRESET:-release}"
jobs="${STILE_JOBS:-$(nproc)}"
build="build/$preset"

scripts/install_dependencies.sh tests

say "Configuring $build"
options=(-DSTILE_BUILD_TESTS=ON)
[[ $preset == release ]] && options+=(-DSTILE_BUILD_BENCH=ON)
# In CI warnings are errors.
[[ -n "${CI:-}" ]] && options+=(-DSTILE_WERROR=ON)
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
cmake --preset "$preset" "${options[@]}" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }

say "Building with $jobs jobs"
cmake --build "$build" -j "$jobs" >&2

selection=(-LE '^full$')
if [[ -n $full ]]; then
  selection=()
  export STILE_TEST_TIER=full
fi
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-halt_on_error=1}"
say "Testing"
rm -f "$log"
trap - EXIT
run=(ctest --test-dir "$build" --output-on-failure --no-tests=error)
failed="$build/Testing/Temporary/LastTestsFailed.log"
rm -f "$failed"
if ! "${run[@]}" -j 2 "${selection[@]}" "$@" </dev/null; then
  [[ -s $failed ]] && (($(wc -l <"$failed") <= 3)) || exit 8
  ! grep -qvE '^[0-9]+:(browser|integration|fleet|drills|packages)\.' "$failed" || exit 8
  say "A second try, alone: $(cut -d: -f2 "$failed" | tr '\n' ' ')"
  "${run[@]}" -j 1 --rerun-failed </dev/null
fi
if [[ -n $full && $preset == release && $# -eq 0 ]]; then
  scripts/test_aarch64.sh
fi
