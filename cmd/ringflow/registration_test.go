package main_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	api "ringflow/internal/client"
)

// manualTrunk is the trunk of docs/sip.md's part about registration, with its target moved.
func manualTrunk(t *testing.T, target string) string {
	t.Helper()
	b, err := os.ReadFile("../../docs/sip.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)## Registration\n.*?```yaml\ntrunks:\n(.*?)```").FindSubmatch(b)
	if m == nil {
		t.Fatal("docs/sip.md has no example of a registration")
	}
	return strings.Replace(string(m[1]), "sipconnect.sipgate.de", target, 1)
}

// withTrunks writes the configuration of the world with trunks in YAML.
func (w *world) withTrunks(drain time.Duration, trunks ...string) string {
	w.t.Helper()
	path := w.configTrunks(drain)
	text, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	list := "    " + strings.ReplaceAll(strings.TrimRight(strings.Join(trunks, ""), "\n"), "\n", "\n    ") + "\n"
	return w.write("ringflow.yaml", []byte(strings.Replace(string(text), "    trunks:\n", "    trunks:\n"+list, 1)))
}

// registration waits until a trunk's registration is in a state, and returns it.
func (s *Server) registration(trunk, state string) (r *api.TrunkRegistration) {
	s.w.t.Helper()
	within(s.w.t, 10*time.Second, trunk+" is "+state, func() string {
		page, err := s.api.Trunks(s.w.t.Context(), api.TrunksParams{})
		if err != nil {
			return err.Error()
		}
		for _, t := range page.Items {
			if t.Name == trunk && t.Registration != nil && t.Registration.State == state {
				r = t.Registration
				return ""
			}
		}
		return fmt.Sprintf("%+v", page.Items)
	})
	return r
}

// metric is a sample with its labels, -1 if there is none.
func (s *Server) metric(name string) float64 {
	s.w.t.Helper()
	all, err := s.gauges()
	if err != nil {
		s.w.t.Fatal(err)
	}
	if value, is := all[name]; is {
		return value
	}
	return -1
}

// trunks is what `ringflow trunks` prints.
func (s *Server) trunks() string {
	s.w.t.Helper()
	cmd := exec.Command(program, "trunks")
	cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+s.w.dir, "RINGFLOW_SERVER="+s.base, "RINGFLOW_CLIENT_ID=acceptance", "RINGFLOW_CLIENT_SECRET=acceptance-secret")
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.w.t.Errorf("ringflow trunks: %v\n%s", err, out)
	}
	return string(out)
}

// TestRegistration registers the trunk of the manual: what is seen of it, a call over it,
// reloads that add, leave alone, change and remove a trunk, a trunk that is refused, and the
// drain, at whose end the binding is removed.
func TestRegistration(t *testing.T) {
	besideOthers(t)
	w := newWorld(t)
	far := w.registrar("UDP", map[string]string{"1234567t0": "manual-password", "alice": "zanzibar"})
	w.phone(audioPort)
	w.write("sipgate-password", []byte("manual-password\n"))
	const user = "1234567t0"
	manual := manualTrunk(t, fmt.Sprintf("%q", far.at))
	server := w.serve(w.withTrunks(20*time.Second, manual))

	r := server.registration("sipgate", "registered")
	if until := time.Until(*r.Until); r.Registrar != far.at.String() || r.Address != far.at.String() || r.Contact != "sip:"+user+"@"+w.at(sipPort).String() || until > time.Minute || until < 30*time.Second || r.NextAt == nil || r.NextAt.After(*r.Until) || r.Result != "200 OK" || r.AnsweredAt == nil {
		t.Errorf("the registration is %+v", r)
	}
	for name, want := range map[string]float64{
		`ringflow_trunk_registered{trunk="sipgate"}`:                                         1,
		`ringflow_trunk_registrations_total{code="200",trunk="sipgate"}`:                     1,
		`ringflow_trunk_registrations_total{code="401",trunk="sipgate"}`:                     1,
		`ringflow_trunk_target_in_service{target="` + far.at.String() + `",trunk="sipgate"}`: 1,
	} {
		if got := server.metric(name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if out := server.trunks(); !regexp.MustCompile(`(?m)^sipgate .* until \S+ \S+ with ` + far.at.String()).MatchString(out) {
		t.Errorf("ringflow trunks prints\n%s", out)
	}
	if x := server.outcome(server.mustStart("hangup", map[string]string{"contact_1": customer}), 20*time.Second); x.step(t, "call_contact").Exit != "answered" {
		t.Errorf("the call is %+v", x)
	}
	if invites := far.of("INVITE"); len(invites) != 1 || invites[0].from != w.at(sipPort).String() || invites[0].field("Contact") != "<sip:+12025550100@"+w.at(sipPort).String()+">" {
		t.Errorf("the INVITEs are %+v", invites)
	}

	// A reload without a change sends no REGISTER; one that adds a trunk registers that.
	server.reload("msg=reloaded")
	alice := func(password string) string {
		return fmt.Sprintf("  - {name: other, targets: [%q], username: alice, password: %s, register: true}\n", far.at, password)
	}
	w.withTrunks(20*time.Second, manual, alice("guessed"))
	server.reload("msg=reloaded")
	if r := server.registration("other", "failed"); r.Result != "401 Unauthorized: refused the credentials: check the trunk's username, auth_user and password" || r.NextAt == nil || r.Until != nil || r.Contact != "" {
		t.Errorf("the registration that is refused is %+v", r)
	}
	if out := server.trunks(); !regexp.MustCompile(`(?m)^other .* no: 401 Unauthorized: refused the credentials: .*, next attempt at \S`).MatchString(out) {
		t.Errorf("ringflow trunks prints\n%s", out)
	}
	if got := server.metric(`ringflow_trunk_registered{trunk="other"}`); got != 0 {
		t.Errorf("the metric of the trunk that is refused is %v", got)
	}
	if n := len(far.registered(user, "3600")); n != 1 {
		t.Errorf("the trunk that stayed was registered %d times", n)
	}

	// A trunk that is taken out is unregistered, and no other.
	w.withTrunks(20*time.Second, alice("guessed"))
	server.reload("msg=reloaded")
	within(t, 10*time.Second, "the trunk that is gone is unregistered", func() string { return far.binding(user) })
	if gone := far.registered(user, "0"); len(gone) != 1 || gone[0].field("Contact") != "<sip:"+user+"@"+w.at(sipPort).String()+">;expires=0" {
		t.Errorf("its REGISTERs are %+v", gone)
	}
	if server.metric(`ringflow_trunk_registered{trunk="sipgate"}`) != -1 {
		t.Error("the metrics have a trunk that is gone")
	}

	// The step's detail says why no call goes over a trunk that is not registered.
	x := server.outcome(server.mustStart("hangup", map[string]string{"contact_1": customer}), 20*time.Second)
	want := "trunk other is not registered at " + far.at.String() + ": 401 Unauthorized: refused the credentials: check the trunk's username, auth_user and password; the next attempt is at 20"
	if s := x.step(t, "call_contact"); s.Exit != "error" || !strings.Contains(s.Detail, want) || len(far.of("INVITE")) != 1 {
		t.Errorf("the step is %+v, want %s", s, want)
	}

	// Its settings are mended: it is registered at once, and not at the next attempt.
	w.withTrunks(20*time.Second, alice("zanzibar"))
	server.reload("msg=reloaded")
	server.registration("other", "registered")
	talking := server.mustStart("play", map[string]string{"contact_1": customer})
	server.reaches(talking, "play", 10*time.Second)

	// The drain keeps the binding while a call is up, and the far end hangs up over the flow.
	server.signal(syscall.SIGTERM)
	within(t, 5*time.Second, "the drain begins", func() string {
		res, err := server.http.Get(server.base + "/readyz")
		if err != nil {
			return err.Error()
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusServiceUnavailable {
			return res.Status
		}
		return ""
	})
	if far.binding("alice") == "" {
		t.Error("the binding was removed while a call was up")
	}
	far.hangUp(far.of("INVITE")[1])
	if err := server.ended(stopLimit); err != nil {
		t.Errorf("ringflow serve ended with %v", err)
	}
	if last := far.registered("alice", "0"); len(last) != 1 || far.binding("alice") != "" {
		t.Errorf("at the end of the drain alice has %q, REGISTERs %+v", far.binding("alice"), last)
	}
	for _, h := range w.histories(talking) {
		checkJournal(t, h)
		if h.Status != "finished" {
			t.Errorf("the call of the drain is %s", h.Status)
		}
	}
	log := tail(server.log, 1<<20)
	for says, times := range map[string]int{`msg="a trunk is registered"`: 2, `msg="a trunk is not registered"`: 1, `msg="a trunk is registered no more"`: 2} {
		if n := strings.Count(log, says); n != times {
			t.Errorf("the log says %d times %s, want %d", n, says, times)
		}
	}
	for _, secret := range []string{"manual-password", "zanzibar", "guessed"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has the password %s", secret)
		}
	}
}

// TestRegistrationOverTCP has REGISTER, the call, the far end's BYE and the removal of the
// binding go over the one connection that the registration has opened.
func TestRegistrationOverTCP(t *testing.T) {
	besideOthers(t)
	w := newWorld(t)
	far := w.registrar("TCP", map[string]string{"1234567t0": "manual-password"})
	w.phone(audioPort)
	w.write("sipgate-password", []byte("manual-password"))
	server := w.serve(w.withTrunks(20*time.Second, manualTrunk(t, fmt.Sprintf("%q", far.at.String()+";transport=tcp"))))
	server.registration("sipgate", "registered")
	talking := server.mustStart("play", map[string]string{"contact_1": customer})
	server.reaches(talking, "play", 10*time.Second)
	page, err := server.api.Trunks(t.Context(), api.TrunksParams{})
	if err != nil {
		t.Fatal(err)
	}
	if open := page.Items[0].Connections; len(open) != 1 || open[0].Transport != "tcp" || open[0].Address != far.at.String() || open[0].OpenedBy != "us" || page.Items[0].MaxDurationSeconds != 14400 || page.Items[0].Service[0].Transport != "tcp" {
		t.Errorf("the trunk is %+v", page.Items[0])
	}
	if n := server.metric(`ringflow_sip_connections{opened_by="us",transport="tcp"}`); n != 1 {
		t.Errorf("the metric counts %v connections", n)
	}
	if out := server.trunks(); !strings.Contains(out, "tcp "+far.at.String()+" since ") {
		t.Errorf("ringflow trunks prints\n%s", out)
	}
	far.hangUp(far.of("INVITE")[0])
	if x := server.outcome(talking, 20*time.Second); x.Status != "finished" || x.step(t, "call_contact").Exit != "answered" {
		t.Errorf("the call is %+v", x)
	}
	if page, err := server.api.Trunks(t.Context(), api.TrunksParams{}); err != nil || page.Items[0].Last == nil || page.Items[0].Last.Transport != "tcp" || page.Items[0].Last.Address != far.at.String() || page.Items[0].Last.Target != page.Items[0].Targets[0] {
		t.Errorf("the trunk is %+v, %v", page.Items, err)
	}
	server.stop()
	if len(far.registered("1234567t0", "0")) != 1 || far.connections != 1 {
		t.Errorf("there were %d connections, and the REGISTERs are %+v", far.connections, far.of("REGISTER"))
	}
}
