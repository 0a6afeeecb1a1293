//go:build interop

package main_test

import "cmp"

// carrierRealm is what Kamailio's digest challenges name.
const carrierRealm = "carrier.example"

// kamailio is a running Kamailio 5.6.
type kamailio struct{ *peer }

// nonces is for how long Kamailio takes a nonce, and whether once only.
type nonces struct{ seconds, once string }

// startKamailio starts Kamailio on the site's gateway and returns when it
// answers.
func (s *site) startKamailio(n nonces) *kamailio {
	s.t.Helper()
	k := &kamailio{newPeer(s.t, "kamailio", peersTree)}
	k.configure("", "@OUTSIDE@", s.outer().address, "@INSIDE@", s.inner().address, "@SERVER@", s.addr.String(),
		"@DOMAIN@", carrierRealm, "@PASSWORD@", digestPassword, "@SECONDS@", n.seconds, "@ONCE@", n.once)
	k.start(s.gateway, "/usr/sbin/kamailio", "-DD", "-E", "-m", "32", "-M", "4", "-Y", k.run, "-f", k.run+"/kamailio.cfg")
	k.answersSIP(s.world, s.outer().sip())
	return k
}

// provider is how Kamailio is set up as registrar and proxy of accounts (testdata/interop/registrar).
type provider struct {
	seconds string     // that a nonce lives; "": 8
	phone   string     // address where numbers are that have not registered; "": nowhere
	ca      *authority // of its certificate; nil: one of its own
}

// edgePort is where the registrar's edge proxy takes requests.
const edgePort = 5080

// startRegistrar starts Kamailio on a host and returns when it answers over UDP.
func (w *world) startRegistrar(at host, how provider) *kamailio {
	w.t.Helper()
	k := &kamailio{newPeer(w.t, "registrar", peersTree)}
	if how.ca == nil {
		how.ca = newAuthority(w.t)
	}
	certificate, key := how.ca.issue(at.address)
	k.write("tls/kamailio.pem", certificate)
	k.write("tls/kamailio.key", key)
	k.write("tls/ca.pem", how.ca.root())
	k.configure("", "@ADDRESS@", at.address, "@DOMAIN@", carrierRealm, "@PASSWORD@", digestPassword,
		"@SECONDS@", cmp.Or(how.seconds, "8"), "@PHONE@", how.phone)
	k.beginRegistrar(w, at)
	return k
}

// beginRegistrar starts the process; it may have run before.
func (k *kamailio) beginRegistrar(w *world, at host) {
	k.t.Helper()
	k.start(at.namespace, "/usr/sbin/kamailio", "-DD", "-E", "-m", "32", "-M", "4", "-Y", k.run, "-f", k.run+"/kamailio.cfg")
	k.answersSIP(w, at.sip())
}

// passed is how many requests of a dialog Kamailio has passed on that are what
// the text says, such as "BYE from 10.8.0.1".
func (k *kamailio) passed(what string) int { return k.lines(output, "in a dialog: "+what) }

// passes waits until it has passed on so many.
func (k *kamailio) passes(n int, what string) {
	k.t.Helper()
	k.writes(n, output, "in a dialog: "+what)
}

// Why Kamailio wanted a login, as its own functions return it.
const (
	expired = "(-4)"
	reused  = "(-6)"
)

// challenged is how many requests of a method it has wanted a login of, and why.
func (k *kamailio) challenged(method, why string) int {
	return k.lines(output, "login wanted: "+method+" ", why)
}

// hasNoLoop expects no request to have been sent by Kamailio to itself.
func (k *kamailio) hasNoLoop(s *site) {
	k.t.Helper()
	for _, own := range []host{s.inner(), s.outer()} {
		if n := k.lines(output, "in a dialog: ", " from "+own.address); n > 0 {
			k.t.Errorf("Kamailio got %d requests from itself, at %s", n, own.address)
		}
	}
}
