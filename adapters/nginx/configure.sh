#!/usr/bin/env bash
# Runs nginx's configure for the module in the folder $2, in the copy of nginx-dev's files in $1, with
# the flags that Debian's nginx was built with.
set -euo pipefail
cd "$1"
. ./conf_flags
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
if ! bash ./configure "${NGX_CONF_FLAGS[@]}" --add-dynamic-module="$2" >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  exit 1
fi
