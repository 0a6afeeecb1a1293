#!/usr/bin/env bash
# nfpm gives the folders of a tree the mode that was meant for its files.
#
# goreleaser/nfpm v2.45.2, contents with type: tree and file_info: {mode: 0644}: the
# folders in the Debian package have 0644 as well, drw-r--r--, so nobody but root
# can enter them after the installation, and the files below are not to be had.
# The same files named one by one have folders of 0755.
#
# Output seen: "tree: folder drw-r--r--, file -rw-r--r--; one file: folder drwxr-xr-x, file -rw-r--r--"
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
mkdir -p flows/in
echo x > flows/in/a
package() { # name, and the entry of contents
  cat > "$1.yaml" <<YAML
name: $1
arch: amd64
version: 1.0.0
maintainer: Nobody <nobody@example.com>
description: folders
contents:
  - {dst: /opt/flows/in$3, src: flows/in$3, $2}
YAML
  go run github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.2 package -f "$1.yaml" -p deb -t "$1.deb" >/dev/null 2>&1
}
mode() { dpkg-deb -c "$1.deb" | awk -v name="$2" '$6 == name { print $1 }'; }
package tree 'type: tree, file_info: {mode: 0644}' ''
package one 'file_info: {mode: 0644}' /a
seen="tree: folder $(mode tree ./opt/flows/in/), file $(mode tree ./opt/flows/in/a); one file: folder $(mode one ./opt/flows/in/), file $(mode one ./opt/flows/in/a)"
echo "nfpm v2.45.2: $seen"
[ "$seen" = "tree: folder drw-r--r--, file -rw-r--r--; one file: folder drwxr-xr-x, file -rw-r--r--" ]
