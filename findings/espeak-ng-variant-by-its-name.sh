#!/usr/bin/env bash
# espeak-ng speaks without the variant that was asked for, and says that all is well.
#
# espeak-ng 1.51 (Debian 12's 1.51+dfsg-10+deb12u2) lists its variants by name, such as
# Antonio, but takes them only by the name of their file, antonio: -v en-us+Antonio
# gives the very samples of -v en-us and exits with 0. So does any variant that
# there is not, while a voice that there is not is an error.
#
# Output seen: "Antonio is listed; en-us+antonio differs, en-us+Antonio is en-us, exit 0; en-us+nosuch is en-us, exit 0; voice nosuch exit 1"
set -euo pipefail
version=1.51+dfsg-10+deb12u2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download "espeak-ng=$version" "libespeak-ng1=$version" "espeak-ng-data=$version" libpcaudio0=1.2-2 libsonic0=0.2.0-12 >/dev/null 2>&1
for deb in ./*.deb; do dpkg -x "$deb" root; done
export LD_LIBRARY_PATH
LD_LIBRARY_PATH=$(find "$dir/root" -name 'lib*.so.*' -printf '%h\n' | sort -u | paste -sd:)
data=$(dirname "$(find "$dir/root" -type d -name espeak-ng-data)")

speak() { # prints the exit status; the samples go to the file
  local status=0
  "$dir/root/usr/bin/espeak-ng" --path="$data" -v "$1" -w "$2" "One two three" 2>/dev/null || status=$?
  echo "$status"
}
same() { cmp -s plain.wav "$1" && echo "is en-us" || echo differs; }

list=$("$dir/root/usr/bin/espeak-ng" --path="$data" --voices=variant)
listed=$(awk '$4 == "Antonio" { print "is listed" }' <<< "$list")
plain=$(speak en-us plain.wav)
file=$(speak en-us+antonio file.wav)
name=$(speak en-us+Antonio name.wav)
nosuch=$(speak en-us+nosuch nosuch.wav)
voice=$(speak nosuch voice.wav)
[ "$plain" = 0 ] && [ "$file" = 0 ]
seen="Antonio $listed; en-us+antonio $(same file.wav), en-us+Antonio $(same name.wav), exit $name; en-us+nosuch $(same nosuch.wav), exit $nosuch; voice nosuch exit $voice"
echo "espeak-ng $version: $seen"
[ "$seen" = "Antonio is listed; en-us+antonio differs, en-us+Antonio is en-us, exit 0; en-us+nosuch is en-us, exit 0; voice nosuch exit 1" ]
