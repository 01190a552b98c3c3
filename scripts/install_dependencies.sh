#!/usr/bin/env bash
# Installs the Debian packages that Stile is built, run and tested with. Quiet when all are there.
#
#   scripts/install_dependencies.sh [--print] [product|tests|aarch64]
#
# `product`, the default, is what builds and runs stiled and stile. `tests` adds what
# scripts/test.sh needs: test libraries, a browser, Node.js, proxies, valgrind, what makes packages.
# `aarch64` is what scripts/test_aarch64.sh builds and runs with, on top of the product's: a cross
# compiler and an emulator. --print names the packages, one a line, and installs nothing.
set -euo pipefail

product_packages=(
  ca-certificates ccache clang cmake g++ libabsl-dev libboost-json1.81-dev libboost1.81-dev
  libc-ares-dev libcli11-dev libexpected-dev libhiredis-dev libmaxminddb-dev libnghttp2-dev libre2-dev
  libsodium-dev libspdlog-dev libssl-dev libtomlplusplus-dev libyaml-cpp-dev lld ninja-build pkg-config
  prometheus-cpp-dev python3 zlib1g-dev
)
test_packages=(
  abigail-tools binutils caddy chromium clang-format clang-tidy cpulimit curl dpkg-dev file
  groff-base haproxy libbenchmark-dev libclang-rt-14-dev libcpp-jwt-dev libgmock-dev libgtest-dev
  libjwt-dev libpcre2-dev luajit mmdebstrap nginx-dev nginx-light nlohmann-json3-dev openssl procps
  prometheus python3-cryptography python3-yaml redis-server systemd valgrind
)
aarch64_packages=(g++-aarch64-linux-gnu qemu-user)

say() { printf '==> %s\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

print=
if [[ "${1:-}" == --print ]]; then
  print=1
  shift
fi
set_name="${1:-product}"
wanted=("${product_packages[@]}")
case "$set_name" in
  product) ;;
  tests) wanted+=("${test_packages[@]}") ;;
  aarch64) wanted+=("${aarch64_packages[@]}") ;;
  *) fail "unknown package set '$set_name': use product, tests or aarch64" ;;
esac
if [[ -n $print ]]; then
  printf '%s\n' "${wanted[@]}"
  exit 0
fi

os_id=unknown
os_like=
os_version=0
if [[ -r /etc/os-release ]]; then
  os_id="$(. /etc/os-release && printf '%s' "${ID:-unknown}")"
  os_like="$(. /etc/os-release && printf '%s' "${ID_LIKE:-}")"
  os_version="$(. /etc/os-release && printf '%s' "${VERSION_ID:-0}")"
fi
if [[ "$os_id" != debian || "${os_version%%.*}" -lt 12 ]] || ! command -v apt-get >/dev/null; then
  fail "Stile's scripts install packages on Debian 12 or later; this is $os_id $os_version${os_like:+ (like $os_like)}.
Install what these Debian packages hold, then follow 'Build by hand' in CONTRIBUTING.md:
  ${wanted[*]}
Tests in a browser also need Node.js 18 or later with npm."
fi

is_installed() {
  [[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]
}

missing=()
for package in "${wanted[@]}"; do
  case "$package" in
    # Any flavour of nginx will do.
    nginx-light) command -v nginx >/dev/null || [[ -x /usr/sbin/nginx ]] || missing+=("$package") ;;
    *) is_installed "$package" || missing+=("$package") ;;
  esac
done
if [[ "$set_name" == tests ]]; then
  # Node.js may come from elsewhere, with its own npm.
  command -v node >/dev/null || missing+=(nodejs)
  command -v npm >/dev/null || missing+=(npm)
fi
[[ ${#missing[@]} -eq 0 ]] && exit 0

as_root=()
if [[ "$(id -u)" -ne 0 ]]; then
  command -v sudo >/dev/null || fail "these packages are missing and neither root nor sudo is at hand: ${missing[*]}"
  as_root=(sudo)
fi

say "Installing: ${missing[*]}"
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
apt_get() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -qq -o DPkg::Lock::Timeout=300 \
    -o Acquire::Retries=3 "$@" </dev/null >>"$log" 2>&1
}
# A package must not start a daemon here. A policy that is already there stays.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null
  "${as_root[@]}" chmod 755 $policy
  trap 'rm -f "$log"; "${as_root[@]}" rm -f "$policy"' EXIT
fi
if ! apt_get update || ! apt_get install --no-install-recommends "${missing[@]}"; then
  tail -n 40 "$log" >&2
  fail "apt-get failed; its last lines are above"
fi
say "Packages are installed"
