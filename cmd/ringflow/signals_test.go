package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"ringflow/internal/sim"
)

// TestSignalsAmidRecovery: a server that is told to end, once or twice, while it
// takes up what another left, ends soon and well, and the next takes it up.
func TestSignalsAmidRecovery(t *testing.T) {
	besideOthersFirst(t)
	const calls = 30
	w := newWorld(t)
	carrier, err := sim.Start(sim.Config{Addr: w.at(trunkPort), PortMin: 30000, PortMax: 30400})
	if err != nil {
		t.Fatal(err)
	}
	defer carrier.Close()
	config := w.config(trunk{}, time.Second)
	server := w.serve(config)
	token := server.token()
	for i := range calls {
		number := fmt.Sprintf("+1212555%04d", i)
		carrier.SetBehaviour(number, sim.Answers())
		if i%3 == 0 { // due when some of the next processes are up
			w.ids = append(w.ids, server.at(token, time.Now().Add(2*time.Second+rand.N(3*time.Second)), number))
			continue
		}
		w.ids = append(w.ids, server.mustStart("chirp", map[string]string{"contact_1": number}))
	}
	start := server.startTook
	server.crash()

	for n := range 8 {
		c := exec.Command(w.program, "serve", "--config", config, "--data", w.data)
		var out bytes.Buffer
		c.Stdout, c.Stderr = &out, &out
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- c.Wait() }()
		for range 1 + n%2 {
			<-time.After(rand.N(start * 3 / 2))
			_ = c.Process.Signal(syscall.SIGTERM) // an error says that it has ended
		}
		select {
		case err := <-ended:
			var exit *exec.ExitError
			if err != nil && !(errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGTERM) {
				t.Errorf("it ended with %v:\n%s", err, &out)
			}
		case <-time.After(stopLimit):
			_ = c.Process.Kill()
			<-ended
			t.Errorf("it still runs %s after SIGTERM:\n%s", stopLimit, &out)
		}
	}

	server = w.serve(config)
	ends := map[string]int{}
	for _, id := range w.ids {
		ends[server.outcome(id, time.Minute).Status]++
	}
	if ends["interrupted"]+ends["finished"]+ends["cancelled"] != calls || ends["finished"] == 0 {
		t.Errorf("%d executions ended as %v", calls, ends)
	}
	server.nothingLives(20*time.Second, 1e9)
	server.stop()
	w.checkJournals()
	dialled := map[string]int{}
	for _, i := range carrier.Calls() {
		if dialled[i.Number]++; dialled[i.Number] > 1 {
			t.Errorf("%s was dialled %d times", i.Number, dialled[i.Number])
		}
	}
}
