package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"ringflow/internal/secret"
)

// Header fields of a request.
const (
	// HeaderSignature holds the time of the attempt and a signature for each
	// secret that is valid: t=SECONDS,KEYID=HEX,KEYID=HEX.
	HeaderSignature = "Ringflow-Signature"
	// HeaderID holds the delivery's id.
	HeaderID = "Ringflow-Id"
	// HeaderWebhook holds the hook's name.
	HeaderWebhook = "Ringflow-Webhook"
)

// signature is the value of HeaderSignature: HMAC-SHA-256 over the time in
// seconds since 1970, a full stop, and the body. The time prevents the replay of a
// request.
func signature(at time.Time, body []byte, secrets ...secret.Secret) string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	var b strings.Builder
	b.WriteString("t=" + stamp)
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		b.WriteString("," + KeyID(secret) + "=" + mac(secret, []byte(stamp+"."), body))
	}
	return b.String()
}

// KeyID identifies a secret: the first eight digits of
// HMAC-SHA-256 over the words "key id".
func KeyID(secret secret.Secret) string { return mac(secret, []byte("key id"))[:8] }

func mac(secret secret.Secret, parts ...[]byte) string {
	h := hmac.New(sha256.New, []byte(secret))
	for _, p := range parts {
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil))
}
