#!/usr/bin/env bash
# image.sh ARCH PACKAGE IMAGE: makes an OCI image, as a file that podman, skopeo and
# docker load read, of a Debian package and what it depends on. No daemon is needed and
# nothing of the architecture is run: packages are unpacked, their scripts are not.
#
# The server runs as the user 10001, with its configuration in /etc/ringflow and its
# data in /var/lib/ringflow, both to be mounted. No secret lies in the image, so that it
# has no configuration either: the example is under /usr/share/doc/ringflow.
set -euo pipefail
arch=$1 package=$(realpath "$2") image=$(realpath -m "$3")
suite=bookworm
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 0755 "$work"

cat >"$work/fill" <<'FILL'
#!/bin/sh
set -e
root=$1 package=$2
dpkg-deb -x "$package" "$root"
mkdir -p "$root/usr/share/doc/ringflow/example"
cp -a "$root/etc/ringflow/." "$root/usr/share/doc/ringflow/example/"
chmod -R a+rX "$root/usr/share/doc/ringflow/example"
rm -rf "$root/etc/ringflow"
install -d -m 0755 "$root/etc/ringflow"
# What the scripts of base-passwd and ca-certificates would make.
printf '%s\n' root:x:0:0:root:/root:/usr/sbin/nologin ringflow:x:10001:10001:Ringflow:/var/lib/ringflow:/usr/sbin/nologin >"$root/etc/passwd"
printf '%s\n' root:x:0: ringflow:x:10001: >"$root/etc/group"
mkdir -p "$root/etc/ssl/certs"
cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
install -d -m 0700 -o 10001 -g 10001 "$root/var/lib/ringflow"
install -d -m 1777 "$root/tmp"
FILL
chmod +x "$work/fill"

mmdebstrap --quiet --variant=extract --architectures="$arch" --skip=output/dev,output/mknod \
	--include=base-files,netbase,ca-certificates,espeak-ng \
	--extract-hook="$work/fill \"\$1\" '$package'" \
	"$suite" "$work/layer.tar"

made=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
umoci init --layout "$work/oci"
umoci new --image "$work/oci:ringflow:$VERSION"
umoci raw add-layer --image "$work/oci:ringflow:$VERSION" --history.created "$made" --history.created_by "packaging/image.sh" "$work/layer.tar"
umoci config --image "$work/oci:ringflow:$VERSION" --no-history --created "$made" --os linux --architecture "$arch" \
	--config.user 10001:10001 --config.entrypoint /usr/bin/ringflow \
	--config.cmd serve --config.cmd --config --config.cmd /etc/ringflow/ringflow.yaml --config.cmd --data --config.cmd /var/lib/ringflow/data \
	--config.env PATH=/usr/bin:/bin --config.workingdir /var/lib/ringflow --config.volume /var/lib/ringflow --config.stopsignal SIGTERM \
	--config.exposedports 8080/tcp --config.exposedports 5060/udp \
	--config.label "org.opencontainers.image.title=ringflow" --config.label "org.opencontainers.image.version=$VERSION"
umoci gc --layout "$work/oci"
tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --numeric-owner --owner=0 --group=0 -C "$work/oci" -cf "$image" .
