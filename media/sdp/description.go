package sdp

// Description is a parsed session description.
type Description struct{}

// Parse reads a session description.
func Parse([]byte) (*Description, error) { return nil, nil }

// Offer writes an offer.
func Offer(Local) []byte { return nil }

// Answer answers an offer.
func Answer(offer []byte, l Local) (answer []byte, n Negotiated, err error) { return }

// Accept takes an answer to our offer.
func Accept(l Local, answer []byte) (n Negotiated, err error) { return }
