package web

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

// plain tells what went wrong with a request in a line for a journal: neither its
// address, in which a key may stand, nor what names were resolved to and by whom,
// which would draw a map of the network that this machine is in.
func plain(ctx context.Context, err error) error {
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
		return errors.New(short(network.Err.Error()))
	case errors.As(err, &network):
		return errors.New("it cannot be reached")
	}
	return errors.New(short(err.Error()))
}

// short makes one short line of what somebody else may have written.
func short(s string) string {
	clean := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	if r := []rune(clean); len(r) > longestText {
		return string(r[:longestText]) + "…"
	}
	return clean
}
