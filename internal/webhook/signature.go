package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
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

// sign sets the header fields of both signatures: HMAC-SHA-256 over the time in seconds
// since 1970, a full stop, and the body; that of Standard Webhooks has its id and a full
// stop before. The time prevents the replay of a request. Each secret signs; an empty one
// is none.
func sign(h http.Header, at time.Time, d Delivery, secrets ...secret.Secret) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	own := "t=" + stamp
	var standard []string
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		own += "," + KeyID(secret) + "=" + hex.EncodeToString(mac([]byte(secret), stamp+".", d.Body))
		if key, ok := standardKey(secret); ok {
			standard = append(standard, "v1,"+base64.StdEncoding.EncodeToString(mac(key, d.standardID()+"."+stamp+".", d.Body)))
		}
	}
	h.Set(HeaderSignature, own)
	h.Set(HeaderStandardID, d.standardID())
	h.Set(HeaderStandardTimestamp, stamp)
	h.Set(HeaderStandardSignature, strings.Join(standard, " "))
}

// KeyID identifies a secret: the first eight digits of
// HMAC-SHA-256 over the words "key id".
func KeyID(secret secret.Secret) string {
	return hex.EncodeToString(mac([]byte(secret), "key id", nil))[:8]
}

func mac(key []byte, prefix string, body []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(prefix))
	h.Write(body)
	return h.Sum(nil)
}
