//go:build interop

package main_test

import "os"

// linphoneLog is the file of a run that has linphonec's own log.
const linphoneLog = "log.txt"

// linphone is a running linphonec 5.1.
type linphone struct {
	*peer
	how setup
}

// startLinphone starts linphonec.
func startLinphone(s *site, at host, how setup) softphone {
	s.t.Helper()
	l := &linphone{newPeer(s.t, "linphone", peersTree), how}
	proxy, events, info, reliable := "-1", "1", "0", "0"
	if how.registers {
		proxy = "0"
	}
	if how.info {
		events, info = "0", "1"
	}
	if how.reliable {
		reliable = "2"
	}
	transport, tlsPort := "", "0"
	if how.tls != nil {
		transport, tlsPort = ";transport=tls", "-1"
		l.write("ca.pem", how.tls.root())
	}
	encryption, mandatory := "none", "0"
	if how.srtp {
		encryption, mandatory = "srtp", "1"
	}
	l.configure("", "@NUMBER@", how.number, "@DOMAIN@", how.domain(s, at), "@PROXY@", proxy,
		"@EVENTS@", events, "@INFO@", info, "@RELIABLE@", reliable, "@ENCRYPTION@", encryption, "@MANDATORY@", mandatory,
		"@TRANSPORT@", transport, "@TLS_PORT@", tlsPort)
	l.write("say.wav", how.speech())
	// Without the folder of its database linphonec starts, says nothing, and
	// never listens.
	if err := os.MkdirAll(l.path(".local/share/linphone"), 0o755); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if s.t.Failed() {
			s.t.Logf("linphone's log:\n%s", tail(l.path(linphoneLog), 8000))
		}
	})
	args := []string{"-c", l.run + "/linphonerc", "-d", "4", "-l", l.run + "/" + linphoneLog}
	if !how.silent {
		args = append(args, "-a")
	}
	l.start(at.namespace, "/usr/bin/linphonec", args...)
	l.tell("soundcard use files\nplay " + l.run + "/say.wav\nrecord " + l.run + "/heard.wav\nstatus hook\n")
	l.says("hook=on-hook")
	if how.registers {
		l.writes(1, linphoneLog, "to [LinphoneRegistrationOk]")
	}
	return l
}

// press types the keys one a line: of a longer line linphonec makes a command.
// While lines wait for it linphonec reads one a second and no SIP at all, so that
// an INFO is to be through before the next key.
func (l *linphone) press(keys string) {
	l.t.Helper()
	for i, key := range keys {
		l.tell(string(key) + "\n")
		if l.how.info {
			l.writes(i+1, linphoneLog, "[INFO] transaction", "to [COMPLETED]")
		}
	}
}

func (l *linphone) hold()   { l.tell("pause\n") }
func (l *linphone) resume() { l.tell("resume\n") }
func (l *linphone) hangUp() { l.tell("terminate\n") }

func (l *linphone) heard() []int16 {
	l.t.Helper()
	l.says(" ended (")
	return l.recording("heard.wav")
}
