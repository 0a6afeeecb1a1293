#!/usr/bin/env bash
# go-mp3 garbles MPEG-2 at 22.05 kHz, the rate of many speech services.
#
# hajimehoshi/go-mp3 v0.3.4, a tone of 1 kHz that LAME 3.100 (Debian 12) encodes with
# 32 kbit/s in one channel: the frames are 104 and, with the padding bit, 105 bytes
# (ISO/IEC 13818-3: 72 × 32000 / 22050, rounded down, and the padding). go-mp3 takes
# half of 144 × 32000 / 22050 and the padding together, loses a byte of some frames
# and with it what the next ones borrow: what is heard beside the tone is about as
# loud as the tone. LAME's own decoder leaves it alone more than 40 dB down, and at 24 kHz,
# where no frame is padded, go-mp3 does too.
#
# Output seen: "22050 Hz: under 10 dB; 24000 Hz: over 40 dB; 22050 Hz by LAME: over 40 dB"
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download lame=3.100-6 libmp3lame0=3.100-6 >/dev/null 2>&1
for deb in ./*.deb; do dpkg -x "$deb" root; done
export LD_LIBRARY_PATH
LD_LIBRARY_PATH=$(find "$dir/root" -name 'libmp3lame.so*' -printf '%h\n' | sort -u | paste -sd:)
lame="$dir/root/usr/bin/lame"

cat > main.go <<'GO'
package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"

	"github.com/hajimehoshi/go-mp3"
)

// tone writes two seconds of 1 kHz; purity reads samples and says how far below the
// tone all else is, in the middle of them.
func main() {
	rate, err := strconv.Atoi(os.Args[2])
	if err != nil {
		panic(err)
	}
	switch os.Args[1] {
	case "tone":
		for i := range 2 * rate {
			_ = binary.Write(os.Stdout, binary.LittleEndian, int16(8000*math.Sin(2*math.Pi*1000*float64(i)/float64(rate))))
		}
	case "mp3":
		d, err := mp3.NewDecoder(os.Stdin)
		if err != nil {
			panic(err)
		}
		purity(d, 2, rate)
	case "raw":
		purity(os.Stdin, 1, rate)
	}
}

func purity(r io.Reader, channels, rate int) {
	raw, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	var s []float64
	for i := 0; i+2 <= len(raw); i += 2 * channels {
		s = append(s, float64(int16(binary.LittleEndian.Uint16(raw[i:]))))
	}
	s = s[len(s)/4 : len(s)*3/4]
	var sin, cos, all float64
	for i, v := range s {
		phase := 2 * math.Pi * 1000 * float64(i) / float64(rate)
		sin, cos, all = sin+v*math.Sin(phase), cos+v*math.Cos(phase), all+v*v
	}
	tone := 2 * (sin*sin + cos*cos) / float64(len(s))
	switch db := 10 * math.Log10(tone/(all-tone)); {
	case db < 10:
		fmt.Print("under 10 dB")
	case db > 40:
		fmt.Print("over 40 dB")
	default:
		fmt.Printf("%.0f dB", db)
	}
}
GO
go mod init finding 2>/dev/null
go get github.com/hajimehoshi/go-mp3@v0.3.4 2>/dev/null
go build -o audio .
for rate in 22050 24000; do
  ./audio tone "$rate" | "$lame" --quiet -r -s "$rate" -m m --resample "$rate" -b 32 --cbr - "$rate.mp3" 2>/dev/null
done
"$lame" --quiet --decode -t 22050.mp3 22050.raw 2>/dev/null
seen="22050 Hz: $(./audio mp3 22050 < 22050.mp3); 24000 Hz: $(./audio mp3 24000 < 24000.mp3); 22050 Hz by LAME: $(./audio raw 22050 < 22050.raw)"
echo "go-mp3 v0.3.4: $seen"
[ "$seen" = "22050 Hz: under 10 dB; 24000 Hz: over 40 dB; 22050 Hz by LAME: over 40 dB" ]
