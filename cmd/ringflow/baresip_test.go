//go:build interop

package main_test

import "path/filepath"

// peersTree has the phones and the proxy, as Debian 12 has them.
var peersTree = &debianTree{name: "peers-12-tls", suite: "bookworm", program: "usr/bin/baresip",
	packages: []string{"baresip-core", "linphone-cli", "kamailio", "kamailio-tls-modules", "kamailio-outbound-modules"}}

// baresip is a running baresip 1.0.
type baresip struct{ *peer }

// startBaresip starts baresip. It knows no INFO for keys of its own and no
// reliable provisional response.
func startBaresip(s *site, at host, how setup) softphone {
	s.t.Helper()
	b := &baresip{newPeer(s.t, "baresip", peersTree)}
	register, answer, encryption := "0", "auto", ""
	if how.srtp {
		encryption = ";mediaenc=srtp-mand"
	}
	transport := ""
	if how.tls != nil {
		transport = ";transport=tls"
	}
	if how.registers {
		register = "120"
	}
	if how.silent {
		answer = "manual"
	}
	b.configure("", "@ADDRESS@", at.address, "@NUMBER@", how.number, "@DOMAIN@", how.domain(s, at),
		"@REGISTER@", register, "@ANSWER@", answer, "@ENCRYPTION@", encryption, "@TRANSPORT@", transport)
	b.write("say.wav", how.speech())
	b.start(at.namespace, "/usr/bin/baresip", "-f", b.run)
	b.says("baresip is ready")
	if how.registers {
		b.says("useragent registered successfully")
	}
	return b
}

// press types the keys: baresip sends them as they come.
func (b *baresip) press(keys string) { b.tell(keys) }
func (b *baresip) hold()             { b.tell("x") }
func (b *baresip) resume()           { b.tell("X") }
func (b *baresip) hangUp()           { b.tell("b") }

func (b *baresip) heard() []int16 {
	b.t.Helper()
	b.says("terminated (duration")
	files, err := filepath.Glob(b.path("dump-*-dec.wav"))
	if err != nil || len(files) != 1 {
		b.t.Fatalf("baresip recorded %d calls (%v), want 1", len(files), err)
	}
	return b.recording(filepath.Base(files[0]))
}
