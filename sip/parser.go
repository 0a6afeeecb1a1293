package sip

import (
	"errors"
	"maps"
	"strconv"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// newParser is sipgo's parser with readings of our own of the header fields that
// route a message: blanks, folds and quotes stand wherever the grammar lets them
// (RFC 3261 §25.1), the first of several counts, and URIs keep their text. Lists
// of which nothing has to be known before they are used stay text.
func newParser() *sipmsg.Parser {
	fields := maps.Clone(sipmsg.HeadersParser(sipmsg.DefaultHeadersParser()))
	for name, read := range map[string]sipmsg.HeaderParser{
		"via": parseViaField, "v": parseViaField, "from": parseFromField, "f": parseFromField,
		"to": parseToField, "t": parseToField, "contact": parseContactField, "m": parseContactField,
		"cseq": parseCSeqField,
	} {
		fields[name] = read
	}
	for _, name := range []string{"record-route", "route", "refer-to", "referred-by", "content-type", "c"} {
		delete(fields, name)
	}
	return sipmsg.NewParser(sipmsg.WithHeadersParsers(fields))
}

// sequenceMost is the greatest CSeq number (RFC 3261 §8.1.1.5).
const sequenceMost = 1<<31 - 1

func parseCSeqField(_ []byte, value string) (sipmsg.Header, error) {
	digits, method, found := cutSpace(value)
	n, err := strconv.ParseUint(digits, 10, 32)
	if !found || err != nil || n > sequenceMost {
		return nil, errors.New("CSeq is not a number below 2^31 and a method")
	}
	if method = strings.TrimSpace(method); !isToken(method) {
		return nil, errors.New("the method in CSeq is no token")
	}
	return &sipmsg.CSeqHeader{SeqNo: uint32(n), MethodName: sipmsg.RequestMethod(method)}, nil
}
