package webhook

// Header describes a header field that every request has.
type Header struct {
	Name, Doc string
	Pattern   string // a regular expression that every value matches
}

// Headers lists the header fields that are ours. The schema of requests is made
// from it.
func Headers() []Header {
	return []Header{
		{HeaderID, "The body's id: the same at every attempt, never that of another event. Drop what you have seen.", `^[0-9a-f]{32}\.[1-9][0-9]*$`},
		{HeaderWebhook, "The webhook's name.", `^[A-Za-z0-9_-]{1,64}$`},
		{HeaderSignature, "t=SECONDS,KEYID=HEX: when the attempt was made, in seconds since 1970, and the HMAC-SHA-256, under the secret that KEYID names, of the seconds, a full stop " +
			"and the body, byte by byte. One KEYID=HEX more while a secret is replaced. Refuse what has no right one, or is older than five minutes.",
			`^t=[0-9]+(,[0-9a-f]{8}=[0-9a-f]{64}){1,2}$`},
		{HeaderStandardID, "Names the event as Standard Webhooks wants it: the same at every attempt, without a full stop.", `^[0-9a-f]{32}_[1-9][0-9]*$`},
		{HeaderStandardTimestamp, "When the attempt was made, in seconds since 1970.", `^[0-9]+$`},
		{HeaderStandardSignature, "v1,BASE64: the HMAC-SHA-256, under the key of the secret, of webhook-id, a full stop, webhook-timestamp, a full stop and the body. One v1,BASE64 more, after a space, while a secret is replaced.",
			`^v1,[A-Za-z0-9+/]{43}=( v1,[A-Za-z0-9+/]{43}=)?$`},
	}
}
