package api

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"

	"ringflow/flowengine"
	"ringflow/flowengine/record"
)

// keyHeader names a request, so that it may be sent again
// (draft-ietf-httpapi-idempotency-key-header).
const keyHeader = "Idempotency-Key"

// maxKey is the length of the longest key in bytes.
const maxKey = 255

// idempotencyKeyOf reads the key of a request. Its digest covers the body and the
// target: the flow and the time of start.
func idempotencyKeyOf(h http.Header, target string, body []byte) (record.IdempotencyKey, error) {
	keys := h.Values(keyHeader)
	if len(keys) == 0 {
		return record.IdempotencyKey{}, nil
	}
	if len(keys) > 1 || keys[0] == "" || len(keys[0]) > maxKey {
		return record.IdempotencyKey{}, badParameter(keyHeader, "must be given once and have 1 to 255 characters")
	}
	digest := sha256.New()
	digest.Write([]byte(target + "\n"))
	digest.Write(body)
	return record.IdempotencyKey{Key: keys[0], Digest: hex.EncodeToString(digest.Sum(nil))}, nil
}

// startIdempotent starts an interaction, unless one was started under its key: then it
// returns that one, even if the flow would refuse it by now or the rate is used up.
// Simultaneous requests wait for the first; should two start, the record refuses one.
func (a *api) startIdempotent(h http.Header, req *request, t flowengine.Trigger) (record.Execution, error) {
	if t.IdempotencyKey.Key == "" {
		return a.startCounted(h, req, t)
	}
	unlock, err := a.starting.Lock(req.Context(), accountKey{t.Account, t.IdempotencyKey.Key})
	if err != nil {
		return record.Execution{}, err
	}
	defer unlock()
	first, err := a.config.Executions.Repeated(req.Context(), t.Account, t.IdempotencyKey.Key)
	switch {
	case err == nil:
		_ = a.chargeRate(h, req, 0) // sets the header fields
		return sameRequest(first, t.IdempotencyKey)
	case !errors.Is(err, record.ErrNoExecution):
		return record.Execution{}, err
	}
	x, err := a.startCounted(h, req, t)
	if repeated, ok := errors.AsType[*record.RepeatedError](err); ok {
		return sameRequest(repeated.First, t.IdempotencyKey)
	}
	return x, err
}

// accountKey is an Idempotency-Key of an account.
type accountKey struct{ account, key string }

// sameRequest returns the first execution, if the repeated request is the same.
func sameRequest(first record.Execution, once record.IdempotencyKey) (record.Execution, error) {
	if first.IdempotencyKey.Digest != once.Digest {
		return record.Execution{}, conflict("the " + keyHeader + " was used for another request in the last 24 hours")
	}
	return first, nil
}
