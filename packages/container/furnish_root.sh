#!/usr/bin/env bash
# Makes a container's file system of a root that has what stiled depends on: furnish_root.sh ROOT DEB.
# make_root.sh has mmdebstrap call it.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$1"
deb="$2"
id=65532 # As in the Containerfile.

cp "$deb" "$root/stiled.deb"
chroot "$root" dpkg -i /stiled.deb
rm "$root/stiled.deb"
# Keys in an image would be everybody's who has the image.
rm -f "$root/etc/stile/keys.toml"
install -m 0644 "$here/stile.toml" "$root/etc/stile/stile.toml"

printf 'stile:x:%d:%d::/var/lib/stile:/usr/sbin/nologin\n' $id $id >>"$root/etc/passwd"
printf 'stile:x:%d:\n' $id >>"$root/etc/group"
install -d -o $id -g $id -m 0700 "$root/var/lib/stile"
install -d -o $id -g $id -m 0755 "$root/run/stile"
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/*
