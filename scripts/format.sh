#!/usr/bin/env bash
# Formats the C and C++ sources.
#
#   scripts/format.sh            rewrites them
#   scripts/format.sh --check    names those that differ, and fails
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case "${1:-}" in
  '') mode=(-i) ;;
  --check) mode=(--dry-run --Werror) ;;
  *) printf 'usage: scripts/format.sh [--check]\n' >&2; exit 2 ;;
esac
folders=()
for folder in challenge verifier engine capi service adapters tool bench tests examples; do
  [[ -d $folder ]] && folders+=("$folder")
done
find "${folders[@]}" \
  \( -name node_modules -o -name peers -o -name vectors \) -prune -o \
  -type f \( -name '*.h' -o -name '*.cc' -o -name '*.c' \) -print0 |
  xargs -0 -r -n 20 -P 2 clang-format "${mode[@]}"
