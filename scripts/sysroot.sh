#!/usr/bin/env bash
# Unpacks the libraries that Stile needs, for another architecture, into build/sysroot-<name>.
#
#   scripts/sysroot.sh arm64
#
# Nothing is installed. apt-get works on lists of its own in that folder and takes no package for
# present, so that what this machine has installed neither changes nor has to be of the same
# version. A folder that is there already stays as long as the same packages are wanted.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '==> %s\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

[[ $# -eq 1 && "$1" =~ ^[a-z0-9-]+$ ]] || fail "usage: scripts/sysroot.sh <Debian architecture>"
architecture="$1"
sysroot="$PWD/build/sysroot-$architecture"
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
  fail "a sysroot is made of Debian's packages: this machine has no apt-get"
fi

# The libraries among what is installed for the product and the unit tests.
mapfile -t wanted < <(scripts/install_dependencies.sh --print product | grep -E '^(lib|zlib|prometheus-cpp).*-dev$')
wanted+=(libgmock-dev libgtest-dev)
# The cross compiler brings these for itself, and two sets of C headers don't mix.
brought_by_compiler='^(libc6-dev|libc-dev-bin|libcrypt-dev|linux-libc-dev|libstdc\+\+-[0-9]+-dev|libgcc-[0-9]+-dev|lib[a-z]*san[0-9]*)_'

stamp="$sysroot/.packages"
[[ -f $stamp && "$(<"$stamp")" == "${wanted[*]}" ]] && exit 0

say "Unpacking libraries for $architecture into $sysroot"
mkdir -p build
scratch="$(mktemp -d "$PWD/build/.sysroot.XXXXXX")"
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch"/{lists,archives}/partial "$scratch/root"
: >"$scratch/status"
apt_get() {
  apt-get -qq -y -o APT::Architecture="$architecture" -o APT::Architectures::="$architecture" \
    -o Dir::State="$scratch" -o Dir::State::Lists="$scratch/lists" \
    -o Dir::State::status="$scratch/status" -o Dir::Cache="$scratch" \
    -o Dir::Cache::archives="$scratch/archives" -o APT::Sandbox::User="$(id -un)" \
    -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
    -o Acquire::Retries=3 "$@" </dev/null >>"$scratch/log" 2>&1 ||
    { tail -n 40 "$scratch/log" >&2; fail "apt-get failed; its last lines are above"; }
}
apt_get update
apt_get install --download-only --no-install-recommends "${wanted[@]}"
for package in "$scratch"/archives/*.deb; do
  [[ "$(basename "$package")" =~ $brought_by_compiler ]] || dpkg-deb -x "$package" "$scratch/root"
done
# Links to a path from the root, such as libz.so's, stay inside.
while IFS= read -r -d '' link; do
  target="$(readlink "$link")"
  [[ $target == /* ]] && ln -sfnr "$scratch/root$target" "$link"
done < <(find "$scratch/root" -type l -print0)
rm -rf "$scratch"/root/usr/share/{doc,man,locale,perl5}
printf '%s\n' "${wanted[*]}" >"$scratch/root/.packages"
rm -rf "$sysroot"
chmod 755 "$scratch/root"
mv "$scratch/root" "$sysroot"
say "$(du -sh "$sysroot" | cut -f1) of libraries for $architecture"
