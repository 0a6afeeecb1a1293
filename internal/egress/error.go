package egress

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"strings"
	"syscall"
	"unicode"
)

// maxText bounds what Printable returns, in characters.
const maxText = 200

// Describe returns what went wrong with a request as one line for a journal: the
// cause of ctx's end if it has ended, otherwise err without the request's address, in
// which a key may stand, and without what DNS servers answered, which would draw a
// map of the network that this machine is in.
func Describe(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var unknown x509.UnknownAuthorityError
	var name *net.DNSError
	var number syscall.Errno
	var network *net.OpError
	switch {
	case errors.As(err, &unknown):
		return errors.New("its certificate is signed by nobody who is known here")
	case errors.Is(err, errNotPublic):
		return errNotPublic
	case errors.As(err, &name) && name.IsNotFound:
		return errors.New("no such host")
	case errors.As(err, &name):
		return errors.New("its name cannot be resolved")
	case errors.As(err, &network) && network.Timeout():
		return errors.New("it cannot be reached: it took too long")
	case errors.As(err, &network) && errors.As(err, &number):
		return errors.New("it cannot be reached: " + number.Error())
	case errors.As(err, &network) && network.Op == "remote error": // a TLS alert
		return errors.New(Printable(network.Err.Error()))
	case errors.As(err, &network):
		return errors.New("it cannot be reached")
	}
	return errors.New(Printable(err.Error()))
}

// Printable returns a text of a foreign service as one line of at most 200 printable
// characters.
func Printable(s string) string {
	clean := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	if r := []rune(clean); len(r) > maxText {
		return string(r[:maxText]) + "…"
	}
	return clean
}
