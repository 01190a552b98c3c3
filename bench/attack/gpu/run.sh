#!/bin/sh
# Measures what a GPU here tries in a second of Stile's puzzles, and writes it as JSON.
#
#   bench/attack/gpu/run.sh OUTPUT.json
#
# Needs nvcc and a driver, and nothing else of this repository's build. Takes about two minutes.
set -eu
root=$(cd "$(dirname "$0")/../../.." && pwd)
output=$(realpath "${1:-gpu.json}")
build=$(mktemp -d)
sampler=
finish() {
  if [ -n "$sampler" ]; then kill "$sampler" 2>/dev/null || true; fi
  rm -rf "$build"
}
trap finish EXIT

nvcc=$(command -v nvcc || ls -d /usr/local/cuda*/bin/nvcc 2>/dev/null | tail -n 1 || true)
if [ -z "$nvcc" ]; then
  nvcc=$(python3 -c 'import glob, site
for folder in site.getsitepackages():
    for path in glob.glob(folder + "/nvidia/**/bin/nvcc", recursive=True):
        print(path)' | tail -n 1)
fi
if [ -z "$nvcc" ]; then
  echo "run.sh: no nvcc; install the CUDA toolkit" >&2
  exit 1
fi
toolkit=$(dirname "$(dirname "$(readlink -f "$nvcc")")")
libraries=$(find "$toolkit" -name 'libnvrtc.so*' -exec dirname {} + 2>/dev/null | sort -u |
  tr '\n' ':')
libraries=$libraries$(python3 -c 'import glob, os, site
for folder in site.getsitepackages():
    for path in glob.glob(folder + "/nvidia/**/libnvrtc.so*", recursive=True):
        print(os.path.dirname(path), end=":")' || true)
export LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:-}"

capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -n 1 | tr -d .)
echo "run.sh: $nvcc for sm_$capability" >&2
here=$root/bench/attack/gpu
"$nvcc" -std=c++17 -O3 -arch="sm_$capability" -I"$root" -L"$toolkit/lib" -L"$toolkit/lib64" \
  -o "$build/attack" \
  "$here/attack.cu" "$here/compile.cc" "$here/hashwx_text.cc" \
  "$root/challenge/puzzle/hashwx_function.cc" -ldl

nvidia-smi --query-gpu=timestamp,power.draw,clocks.sm,temperature.gpu \
  --format=csv,noheader,nounits -lms 100 >"$build/power.csv" 2>/dev/null &
sampler=$!
status=0
"$build/attack" --seconds "${STILE_ATTACK_SECONDS:-150}" --architecture "sm_$capability" \
  --workers "$(nproc)" >"$build/lines" || status=$?
python3 "$here/collect.py" "$build/lines" "$build/power.csv" >"$output"
exit "$status"
