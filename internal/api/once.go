package api

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"

	"ringflow/flowengine"
)

// keyHeader names a request, so that it may be sent again
// (draft-ietf-httpapi-idempotency-key-header).
const keyHeader = "Idempotency-Key"

// maxKey is the length of the longest key in bytes.
const maxKey = 255

// onceOf reads the key of a request. Its digest covers body and target, which
// is the flow and when it is to begin, so that the key with another of either
// is another request.
func onceOf(h http.Header, target string, body []byte) (flowengine.Once, error) {
	keys := h.Values(keyHeader)
	if len(keys) == 0 {
		return flowengine.Once{}, nil
	}
	if len(keys) > 1 || keys[0] == "" || len(keys[0]) > maxKey {
		const rule = "must be given once and have 1 to 255 characters"
		return flowengine.Once{}, badParameter(keyHeader, rule)
	}
	digest := sha256.New()
	digest.Write([]byte(target + "\n"))
	digest.Write(body)
	return flowengine.Once{Key: keys[0], Digest: hex.EncodeToString(digest.Sum(nil))}, nil
}

// startOnce starts an interaction, unless its key says that it has been
// started: then it returns that one, even if the flow would refuse it by now or
// the rate is used up. Of simultaneous requests one goes first, and the others
// are told of it; should two go, the record lets one through.
func (a *api) startOnce(h http.Header, req *request, t flowengine.Trigger) (flowengine.Execution, error) {
	if t.Once.Key == "" {
		return a.begin(h, req, t)
	}
	done, err := a.repeats.enter(req.Context(), accountKey{t.Account, t.Once.Key})
	if err != nil {
		return flowengine.Execution{}, err
	}
	defer done()
	first, err := a.config.Executions.Repeated(req.Context(), t.Account, t.Once.Key)
	switch {
	case err == nil:
		_ = a.ration(h, req, 0) // tells what is left, and asks for nothing
		return again(first, t.Once)
	case !errors.Is(err, flowengine.ErrNoExecution):
		return flowengine.Execution{}, err
	}
	x, err := a.begin(h, req, t)
	var repeated *flowengine.RepeatedError
	if errors.As(err, &repeated) {
		return again(repeated.First, t.Once)
	}
	return x, err
}

// accountKey is an Idempotency-Key of an account.
type accountKey struct{ account, key string }

// again answers a repeated request with the first one's execution, if it is
// the same request.
func again(first flowengine.Execution, once flowengine.Once) (flowengine.Execution, error) {
	if first.Once.Digest != once.Digest {
		return flowengine.Execution{}, &refusal{status: http.StatusConflict, code: codeConflict, message: "conflict",
			description: "the " + keyHeader + " was used for another request in the last 24 hours"}
	}
	return first, nil
}
