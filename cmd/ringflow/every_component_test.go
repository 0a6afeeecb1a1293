package main_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine/components"
	"ringflow/flowengine/flowtest"
	"ringflow/flowengine/record"
	"ringflow/internal/sim"
	"ringflow/media"
	"ringflow/tts"
)

// What is said while the flow runs, and how long after its end the contact takes
// to press a key: longer than a busy machine needs to begin the next prompt.
const (
	greeting   = "Hello Ann, your order is 3 days late"
	codePrompt = "Enter your code"
	menuPrompt = "Press 1 for an agent"
	hesitation = 1500 * time.Millisecond
)

// TestEveryComponentOnTheWire runs the flow of testdata/flows/everything.txtar,
// which has every component of the catalogue, as a customer would meet it: the
// program itself, real SIP and RTP to a carrier, HTTP services on loopback, the
// function in its own process. The program is built as it is shipped: the race
// detector's shadow memory is more than the kernel gives a function's process.
func TestEveryComponentOnTheWire(t *testing.T) {
	besideFew(t)
	w, shop, org := newWorld(t), newShop(t), newOrg(t)
	w.program = buildProgram(t, w.path("ringflow"))
	hello, code, menu := speak(t, greeting), speak(t, codePrompt), speak(t, menuPrompt)
	carrier := startCarrier(t, w.at(trunkPort), map[string]sim.Behaviour{
		customer: sim.Answers(
			sim.Pause(lasts(hello)+lasts(code)+hesitation), sim.SendDigits("42"),
			sim.Pause(lasts(menu)+hesitation), sim.SendDigits("1"),
			sim.Pause(hesitation), sim.Say(media.Tone(-12, 4*time.Second, customerHz)),
		).After(time.Second),
		agent: sim.Answers(sim.Say(media.Tone(-12, 2*time.Second, agentHz)), sim.Pause(2*time.Second), sim.HangUp()).After(time.Second),
	})
	server := w.serve(w.everything(t, shop, org))
	id := server.mustStart("everything", map[string]string{"phone": customer, "order": "7/8"})
	x := server.outcome(id, 40*time.Second)
	checkEverySteps(t, x)
	if t.Failed() {
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	calls, err := carrier.Wait(ctx, 2)
	if err != nil {
		t.Fatal(err)
	}
	server.stop()

	checkServices(t, shop, org)
	checkBothPhones(t, calls, hello, code, menu)
	for _, h := range w.histories(id) {
		checkJournal(t, h)
		checkNoKeysOfTheCode(t, h)
	}
	w.keepsSecret(shopSecret, orgToken)
}

// everything writes the configuration with the flow published under its name.
// The flow's hours are those of a shop; here they are all hours, as the test
// may run at any.
func (w *world) everything(t *testing.T, s *shop, o *org) string {
	t.Helper()
	config := w.config(trunk{}, 10*time.Second)
	w.write("flows/everything.yaml", everythingFlow(t))
	w.write("salesforce.pem", o.pem(t))
	f, err := os.OpenFile(config, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := fmt.Fprintf(f, `    connections:
      - name: shop
        base: %[1]s
        private: true
        auth: {kind: bearer, secret: %[2]s}
      - name: salesforce
        base: %[3]s
        private: true
        auth: {kind: jwt_bearer, token_url: %[3]s/services/oauth2/token, client_id: ringflow-app, subject: flows@example.com, key_file: salesforce.pem}
`, s.URL, shopSecret, o.URL); err != nil {
		t.Fatal(err)
	}
	return config
}

// everythingFlow is the flow of the flow tests, open on every day and hour and
// asking the shop again if it fails once.
func everythingFlow(t *testing.T) []byte {
	t.Helper()
	const file = "../../testdata/flows/everything.txtar"
	cases, err := flowtest.ReadCases(file)
	if err != nil {
		t.Fatal(err)
	}
	flow := string(cases[0].Flow)
	for _, change := range [][2]string{
		{"12-25", time.Now().AddDate(0, 6, 0).Format("01-02")},
		{"thursday, friday]", "thursday, friday, saturday, sunday]"},
		{`from: "09:00", to: "18:00"`, `from: "00:00", to: "24:00"`},
		{"with: {connection: shop,", "with: {connection: shop, retries: 1,"},
	} {
		if strings.Count(flow, change[0]) != 1 {
			t.Fatalf("%s: %q stands %d times in the flow", file, change[0], strings.Count(flow, change[0]))
		}
		flow = strings.Replace(flow, change[0], change[1], 1)
	}
	for _, c := range components.All() {
		if !strings.Contains(flow, "component: "+c.Spec().Name) {
			t.Errorf("%s: the flow has no %s", file, c.Spec().Name)
		}
	}
	return []byte(flow)
}

// buildProgram builds Ringflow as make build does.
func buildProgram(t *testing.T, path string) string {
	t.Helper()
	build := exec.Command("go", "build", "-trimpath", "-o", path, ".")
	build.Env = append(os.Environ(), "GOFLAGS=") // those of make test are for the race detector
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	return path
}

// startCarrier starts a carrier with these phones, which the end of the test takes down.
func startCarrier(t *testing.T, at netip.AddrPort, phones map[string]sim.Behaviour) *sim.Carrier {
	t.Helper()
	c, err := sim.Start(sim.Config{Addr: at, PortMin: audioPort, PortMax: audioPort + 99, Phones: phones})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func lasts(pcm []int16) time.Duration { return time.Duration(len(pcm)) * time.Second / rate }

func checkEverySteps(t *testing.T, x execution) {
	t.Helper()
	var got []string
	for _, s := range x.Steps {
		got = append(got, s.Component+" "+s.Exit)
	}
	want := []string{
		"api_request ok", "calendar_based_rules no_match", "time_based_rules open", "execute_action ok", "run_function ok",
		"conditional_statement late", "salesforce_data_dip ok", "traffic_splitter call", "make_outbound_call answered",
		"play_audio ok", "input_ivr ok", "standard_ivr agent", "forward_to_external_number ok",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the steps are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if x.Status != "finished" {
		t.Errorf("the execution is %s: %+v", x.Status, x.Steps)
	}
	for name, want := range map[string]string{"due": "3", "days_late": "3", "name": "Ann", "pin": "***"} {
		if x.Variables[name] != want {
			t.Errorf("variable %s is %q, want %q", name, x.Variables[name], want)
		}
	}
}

func checkServices(t *testing.T, s *shop, o *org) {
	t.Helper()
	if want := []string{"GET /orders/7%2F8 503", "GET /orders/7%2F8 200"}; !slices.Equal(s.asked, want) {
		t.Errorf("the shop was asked %q, want %q", s.asked, want)
	}
	if o.tokenRequests != 1 || len(o.refused) > 0 {
		t.Errorf("%d logins, refused %q; want one and none", o.tokenRequests, o.refused)
	}
	if want := []string{"SELECT Name FROM Contact WHERE Phone = '" + customer + "'"}; !slices.Equal(o.queries, want) {
		t.Errorf("the queries are %q, want %q", o.queries, want)
	}
}

// checkBothPhones listens: every prompt whole and in order, then each other.
func checkBothPhones(t *testing.T, calls []sim.Call, prompts ...[]int16) {
	t.Helper()
	if len(calls) != 2 {
		t.Fatalf("%d calls, want 2", len(calls))
	}
	contact, outside := calls[0], calls[1]
	if contact.From != ownNumber || outside.From != customer {
		t.Errorf("the contact saw %s and the agent %s, want the account's number and the contact's", contact.From, outside.From)
	}
	last := time.Duration(0)
	for i, p := range prompts {
		m := sim.Recognise(contact.Recording, p)
		if m.Share < 0.95 || m.At < last {
			t.Errorf("prompt %d was heard to %.0f %% at %s, want all of it after %s", i+1, 100*m.Share, m.At, last)
		}
		last = m.At
	}
	if !sim.HasTone(contact.Recording, 1500*time.Millisecond, agentHz) {
		t.Error("the contact did not hear the agent")
	}
	if !sim.HasTone(outside.Recording, 1500*time.Millisecond, customerHz) {
		t.Error("the agent did not hear the contact")
	}
	if !outside.HungUpByPhone() || contact.HungUpByPhone() {
		t.Errorf("the contact's call was ended by %v and the agent's by %v, want Ringflow and the agent", contact.Outcome.By, outside.Outcome.By)
	}
}

// checkNoKeysOfTheCode: of the code, journals tell only that keys were pressed.
func checkNoKeysOfTheCode(t *testing.T, h record.History) {
	t.Helper()
	var pressed []string
	for _, e := range h.Events {
		if e.Kind == record.KeyPressed {
			pressed = append(pressed, e.Step+" "+e.Detail)
		}
	}
	if want := []string{"pin ***", "pin ***", "menu 1"}; !slices.Equal(pressed, want) {
		t.Errorf("the journal has the keys %q, want %q", pressed, want)
	}
}

// keepsSecret looks for secrets in all that the server wrote, its log included.
// Only what the test itself wrote may hold them.
func (w *world) keepsSecret(secrets ...string) {
	w.t.Helper()
	err := filepath.WalkDir(w.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || path == w.path("ringflow.yaml") {
			return err
		}
		data, err := os.ReadFile(path)
		for _, s := range secrets {
			if bytes.Contains(data, []byte(s)) {
				w.t.Errorf("%s holds the secret %s", path, s)
			}
		}
		return err
	})
	if err != nil {
		w.t.Error(err)
	}
}

// speak renders a text as the server does.
func speak(t *testing.T, text string) []int16 {
	t.Helper()
	espeak, err := tts.NewEspeak(context.Background(), 1)
	if err != nil {
		t.Fatalf("espeak-ng is needed (run make setup): %v", err)
	}
	pcm, err := espeak.Synthesize(context.Background(), tts.Speech{Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return pcm
}
