#!/usr/bin/env bash
# Makes the Debian package and the OCI image of each architecture in dist/. The
# version is that of internal/version/VERSION; a tag on the commit must say the same.
# Binaries are without cgo, so that an architecture needs no compiler of its own.
set -euo pipefail
cd "$(dirname "$0")/.."

NFPM=github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.2

VERSION=$(cat internal/version/VERSION)
MAINTAINER=$(git log -1 --format='%an <%ae>' 2>/dev/null || echo "root <root@localhost>")
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || date +%s)
export VERSION MAINTAINER SOURCE_DATE_EPOCH
for tag in $(git tag --points-at HEAD --list 'v*' 2>/dev/null); do
	if [ "$tag" != "v$VERSION" ]; then
		echo "the tag $tag and internal/version/VERSION, $VERSION, differ" >&2
		exit 1
	fi
done

mkdir -p dist/completion
for shell in bash zsh fish; do
	cp "internal/cli/completion/ringflow.$shell" "dist/completion/$shell"
done
for ARCH in ${ARCHS:-amd64 arm64}; do
	export ARCH
	echo "ringflow $VERSION for $ARCH"
	CGO_ENABLED=0 GOOS=linux GOARCH=$ARCH go build -buildvcs=auto -trimpath -ldflags='-s -w' -o "dist/$ARCH/ringflow" ./cmd/ringflow
	package=dist/ringflow_${VERSION}-1_$ARCH.deb
	GOFLAGS= go run $NFPM package --config packaging/nfpm.yaml --packager deb --target "$package"
	packaging/image.sh "$ARCH" "$package" "dist/ringflow_${VERSION}_$ARCH.oci.tar"
done
