package platform

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
)

// Sink is an account's own server, which a webhook posts events to. It refuses
// some at random, as servers do. Safe for concurrent use.
type Sink struct {
	listener net.Listener
	server   *http.Server
	refuses  float64
	done     chan struct{}

	mu       sync.Mutex
	received map[string]map[int]Delivery // by execution and number of the event
	faults   map[string]int
}

// Delivery counts the requests for one event.
type Delivery struct {
	Kind  string
	Times int
}

// Listen opens a sink that refuses that part of all posts, from 0 to 1.
func Listen(address string, refuses float64) (*Sink, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen as the webhook's server: %w", err)
	}
	s := &Sink{listener: l, refuses: refuses, done: make(chan struct{}), received: map[string]map[int]Delivery{}, faults: map[string]int{}}
	s.server = &http.Server{Handler: http.HandlerFunc(s.take)}
	go func() {
		defer close(s.done)
		_ = s.server.Serve(l)
	}()
	return s, nil
}

// Address is where it listens.
func (s *Sink) Address() string { return s.listener.Addr().String() }

// Close ends it.
func (s *Sink) Close() {
	s.server.Close()
	<-s.done
}

func (s *Sink) take(w http.ResponseWriter, r *http.Request) {
	if rand.Float64() < s.refuses {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var envelope struct {
		ID        string `json:"id"`
		Type      string `json:"type"`
		Sequence  int    `json:"sequence"`
		Execution string `json:"flow_execution_id"`
	}
	err := json.NewDecoder(r.Body).Decode(&envelope)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.faults["a body that is no event: "+err.Error()]++
		return
	}
	if want := fmt.Sprintf("%s.%d", envelope.Execution, envelope.Sequence); envelope.ID != want {
		s.faults["an id that does not name its event"]++
	}
	events := s.received[envelope.Execution]
	if events == nil {
		events = map[int]Delivery{}
		s.received[envelope.Execution] = events
	}
	known := events[envelope.Sequence]
	if known.Times == 0 {
		for later := range events {
			if later > envelope.Sequence {
				s.faults["an event that came first after a later one of its execution"]++
				break
			}
		}
	} else if known.Kind != envelope.Type {
		s.faults["one id for two events"]++
	}
	events[envelope.Sequence] = Delivery{envelope.Type, known.Times + 1}
}

// Deliveries returns those of the execution, by the number of the event.
func (s *Sink) Deliveries(execution string) map[int]Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[int]Delivery{}
	for n, t := range s.received[execution] {
		out[n] = t
	}
	return out
}

// Faults counts invalid requests, by what is wrong.
func (s *Sink) Faults() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]int{}
	for f, n := range s.faults {
		out[f] = n
	}
	return out
}
