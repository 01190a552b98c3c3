#!/usr/bin/env bash
# Makes the file system of a container from the package of stiled: root.tar, beside the Containerfile.
#
#   packages/container/make_root.sh STILED_DEB [OUTPUT]
#
# It takes Debian from where this machine's apt takes it, with mmdebstrap, and needs no root where
# unprivileged user namespaces are allowed.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

[[ $# -ge 1 && -f "$1" ]] || fail "name the package: make_root.sh stiled_VERSION_ARCHITECTURE.deb [OUTPUT]"
deb="$(realpath "$1")"
output="${2:-$here/root.tar}"
command -v mmdebstrap >/dev/null || fail "mmdebstrap is missing: apt-get install mmdebstrap"
codename="$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")"
[[ -n $codename ]] || fail "/etc/os-release has no VERSION_CODENAME: this is no Debian release"

# Names alone: versions are for dpkg to see to, when it installs the package.
depends="$(dpkg-deb -f "$deb" Depends | tr ',' '\n' | sed -E 's/^ *([^ (|]+).*/\1/' | paste -sd,)"
sources=()
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources}; do
  [[ -f $file ]] && grep -qE "^[^#]*[[:space:]]$codename(-updates|-security)?([[:space:]]|$)" "$file" &&
    sources+=("$file")
done
[[ ${#sources[@]} -gt 0 ]] || fail "no apt source of $codename on this machine"

trap '[[ $? -eq 0 ]] || rm -f "$output"' EXIT
# /run is emptied otherwise, and stiled has a folder there.
mmdebstrap --variant=essential --format=tar --include="$depends" --skip=cleanup/run \
  --customize-hook="$(printf '%q %q "$1" %q' bash "$here/furnish_root.sh" "$deb")" \
  "$codename" "$output" "${sources[@]}"
