package api

import (
	"net/http"
	"strconv"
	"strings"
)

// prefersJSON reports whether a request for events wants JSON rather
// than a stream (RFC 9110 §12.5.1). Equal weights, or no
// Accept, mean the stream.
func prefersJSON(r *http.Request) bool {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	return quality(accept, "application/json") > quality(accept, eventStream)
}

// quality is the weight that an Accept header field gives a media type: that of the
// most specific range which has it, 0 if none has.
func quality(accept, media string) float64 {
	kind, _, _ := strings.Cut(media, "/")
	weight, exact := 0.0, 0
	for part := range strings.SplitSeq(accept, ",") {
		fields := strings.Split(part, ";")
		how := map[string]int{"*/*": 1, kind + "/*": 2, media: 3}[strings.ToLower(strings.TrimSpace(fields[0]))]
		if how <= exact {
			continue
		}
		exact, weight = how, 1
		for _, parameter := range fields[1:] {
			name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
			if q, err := strconv.ParseFloat(value, 64); strings.EqualFold(name, "q") && err == nil && q >= 0 && q <= 1 {
				weight = q
			}
		}
	}
	return weight
}
