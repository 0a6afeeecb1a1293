package api

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// matchHeader is the header field that makes a change depend on what is there.
const matchHeader = "If-Match"

// etagHeader is declared by answers that show what If-Match is compared with.
var etagHeader = header{name: "ETag", doc: "What If-Match is compared with: another one when it has changed.", sample: "", always: true}

// matchParameter is that of every route with matching.
var matchParameter = parameter{name: matchHeader, in: "header", sample: "",
	doc: "The ETag of what is to be changed: if it has another by now, nothing is changed and the answer is 412. * is any."}

// etags are If-Match's values (RFC 9110 §13.1.1). We only give strong ones.
var etags = regexp.MustCompile(`^(\*|(W/)?"[^"\x00-\x20\x7f]*"([ \t]*,[ \t]*(W/)?"[^"\x00-\x20\x7f]*")*)$`)

// etagOf is a strong validator: the same bytes, the same tag.
func etagOf(content []byte) string {
	sum := sha256.Sum256(content)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

// ifMatch refuses the request if its If-Match does not name the tag of what is
// there; "" is that nothing is there. Without the header field all is well.
func (r *request) ifMatch(current string) error {
	fields := r.Header.Values(matchHeader)
	if len(fields) == 0 {
		return nil
	}
	wanted := strings.TrimSpace(strings.Join(fields, ", "))
	if !etags.MatchString(wanted) {
		return badParameter(matchHeader, `must be an ETag as it was given, with its quotes, or *`)
	}
	var tags []string
	for tag := range strings.SplitSeq(wanted, ",") {
		tags = append(tags, strings.TrimSpace(tag))
	}
	if current != "" && (wanted == "*" || slices.Contains(tags, current)) {
		return nil
	}
	return preconditionFailed()
}

// noneMatchParameter keeps a PUT from replacing what there is.
var noneMatchParameter = parameter{name: "If-None-Match", in: "header", sample: "", limits: object{"enum": []string{"*"}},
	doc: "*: only if there is none yet; if there is one, nothing is changed and the answer is 412."}

// match lets a change pass if the request's If-None-Match and If-Match do. tag
// is that of what is there, "" if nothing is.
func (r *request) match(tag string) error {
	switch none := r.Header.Values(noneMatchParameter.name); {
	case len(none) > 0 && (len(none) > 1 || strings.TrimSpace(none[0]) != "*"):
		return badParameter(noneMatchParameter.name, "must be *")
	case len(none) > 0 && tag != "":
		return &httpError{status: http.StatusPreconditionFailed, code: codeChanged, message: "changed", description: "there is one already"}
	}
	return r.ifMatch(tag)
}

// preconditionFailed refuses a change because If-Match names something else than
// what is there.
func preconditionFailed() *httpError {
	return &httpError{status: http.StatusPreconditionFailed, code: codeChanged, message: "changed",
		description: "somebody else has changed or removed it in the meantime: read it again"}
}
