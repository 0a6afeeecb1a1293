package main_test

import (
	"bytes"
	"context"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	api "ringflow/internal/client"
)

// TestCancelOutlivesWhateverComesNext: who was told that a start is cancelled will
// not be dialled, whatever happens to the server in the next moment.
func TestCancelOutlivesWhateverComesNext(t *testing.T) {
	besideOthers(t)
	var tests []outsider
	for name, end := range map[string]func(*Server){
		"kill -9":          (*Server).crash,
		"SIGTERM":          (*Server).stop,
		"SIGTERM before":   func(s *Server) { _ = s.ended(stopLimit) },
		"SIGTERM, kill -9": func(s *Server) { s.signal(syscall.SIGTERM); s.crash() },
	} {
		tests = append(tests, outsider{name, func(t *testing.T) {
			w := newWorld(t)
			sent := w.invites()
			config := w.config(trunk{}, 2*time.Second)
			server := w.serve(config)
			begin := time.Now().Add(4 * time.Second)
			params := api.CreateFlowInteractionParams{StartAt: begin.Format(time.RFC3339Nano)}
			got, err := server.api.CreateFlowInteraction(t.Context(), "hangup", map[string]any{"contact_1": customer}, params)
			if err != nil {
				t.Fatal(err)
			}
			if name == "SIGTERM before" {
				server.mustStart("hangup", map[string]string{"contact_1": agent}) // the drain waits for it
				within(t, 10*time.Second, "the call goes out", func() string {
					if sent(agent) == 0 {
						return "no INVITE"
					}
					return ""
				})
				server.signal(syscall.SIGTERM)
			}
			if _, err := server.api.CancelExecution(context.Background(), got.FlowExecutionID); err != nil {
				t.Fatalf("cancel: %v", err)
			}
			end(server)

			server = w.serve(config)
			within(t, 20*time.Second, "its time has come", func() string {
				if left := time.Until(begin.Add(time.Second)); left > 0 {
					return left.String() + " left"
				}
				return ""
			})
			if x := server.outcome(got.FlowExecutionID, 20*time.Second); x.Status != "cancelled" || len(x.Steps) != 0 {
				t.Errorf("it is %s after the restart: %+v", x.Status, x.Steps)
			}
			if n := sent(customer); n != 0 {
				t.Errorf("the customer was sent %d INVITEs", n)
			}
		}})
	}
	together(t, len(tests), tests)
}

// A call that is hung up before anything rang has its last event before the execution ends,
// though its far end responds to nothing more.
func TestCancelBeforeThePhoneRings(t *testing.T) {
	besideOthers(t)
	var tests []outsider
	for far, response := range map[string]func(invite []byte) []byte{"no response": nil, "100 Trying only": trying} {
		for by, end := range map[string]func(*Server, string) error{
			"api": func(s *Server, id string) error {
				_, err := s.api.CancelExecution(context.Background(), id)
				return err
			},
			"shutdown": func(s *Server, _ string) error { s.stop(); return nil },
		} {
			tests = append(tests, outsider{far + ", " + by, func(t *testing.T) {
				w := newWorld(t)
				sent := w.invitesAnswered(response)
				config := w.config(trunk{}, time.Millisecond)
				server := w.serve(config)
				id := server.mustStart("hangup", map[string]string{"contact_1": customer})
				within(t, 10*time.Second, "the call goes out", func() string {
					if sent(customer) == 0 {
						return "no INVITE"
					}
					return ""
				})
				if err := end(server, id); err != nil {
					t.Fatal(err)
				}
				if by == "shutdown" {
					server = w.serve(config)
				}
				if x := server.outcome(id, 20*time.Second); x.Status != "cancelled" || len(x.Steps) != 2 {
					t.Errorf("it is %s: %+v", x.Status, x.Steps)
				}
				_, _, journal := server.ask(server.token(), "GET", "/v1/executions/"+id+"/events", nil)
				if strings.Count(journal, `"leg_ended"`) != 1 || strings.Count(journal, `"step_left"`) != 2 || !strings.Contains(journal, `"ended_by":"`+by+`"`) {
					t.Errorf("the journal is %s", journal)
				}
			}})
		}
	}
	together(t, len(tests), tests)
}

// invites plays a trunk that never says anything, and returns what tells how many
// INVITEs it was sent for a number.
func (w *world) invites() func(number string) int { return w.invitesAnswered(nil) }

// trying is the 100 of an INVITE.
func trying(invite []byte) []byte {
	response := "SIP/2.0 100 Trying\r\n"
	for line := range strings.Lines(string(invite)) {
		switch name, _, _ := strings.Cut(line, ":"); name {
		case "Via", "From", "To", "Call-ID", "CSeq":
			response += line
		}
	}
	return []byte(response + "Content-Length: 0\r\n\r\n")
}

// invitesAnswered is invites of a trunk that sends the response to each INVITE, unless nil.
func (w *world) invitesAnswered(response func(invite []byte) []byte) func(number string) int {
	w.t.Helper()
	socket, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(w.at(trunkPort)))
	if err != nil {
		w.t.Fatal(err)
	}
	var mu sync.Mutex
	numbers := map[string]int{}
	var reading sync.WaitGroup
	reading.Go(func() {
		packet := make([]byte, 64<<10)
		for {
			n, from, err := socket.ReadFromUDPAddrPort(packet)
			if err != nil {
				return
			}
			if to, found := bytes.CutPrefix(packet[:n], []byte("INVITE sip:")); found {
				number, _, _ := bytes.Cut(to, []byte("@"))
				mu.Lock()
				numbers[string(number)]++
				mu.Unlock()
				if response != nil {
					_, _ = socket.WriteToUDPAddrPort(response(packet[:n]), from)
				}
			}
		}
	})
	w.t.Cleanup(func() { socket.Close(); reading.Wait() })
	return func(number string) int { mu.Lock(); defer mu.Unlock(); return numbers[number] }
}
