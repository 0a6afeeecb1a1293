package server

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"time"

	"ringflow/internal/hep"
	"ringflow/internal/trace"
	"ringflow/sip"
)

// tracesDir is the folder of traces in the data folder. A backup does not copy it.
const tracesDir = "traces"

// openTraces makes what takes the SIP messages: the traces of calls, the capture server,
// the log.
func (s *Server) openTraces(_ context.Context, dataDir string, h Hooks) error {
	var takers []func(sip.Trace)
	if h.Trace != nil {
		takers = append(takers, h.Trace)
	}
	if policy := trace.Policy(s.cfg.Traces.Calls); policy != trace.None {
		storage, err := trace.OpenStorage(trace.StorageConfig{Dir: filepath.Join(dataDir, tracesDir), Bytes: int64(s.cfg.Traces.Megabytes) << 20, MaxAge: s.maxTraceAge, Log: s.log})
		if err != nil {
			return err
		}
		s.traces = trace.NewRecorder(policy, storage, s.log)
		s.onClose(s.traces.Close)
		takers = append(takers, s.traces.Message)
	}
	if c := s.cfg.SIP.HEP; c.Server != "" {
		s.capture = newCapture(hep.NewSender(c.Server, hep.Agent{ID: uint32(c.ID), Password: c.Password}, s.log))
		s.onClose(s.capture.close)
		takers = append(takers, s.capture.Message)
	}
	if s.log.Enabled(context.Background(), slog.LevelDebug) {
		takers = append(takers, s.logMessage)
	}
	switch len(takers) {
	case 0:
	case 1:
		s.trace = takers[0]
	default:
		s.trace = func(t sip.Trace) {
			for _, take := range takers {
				take(t)
			}
		}
	}
	return nil
}

// maxTraceAge is how long traces are kept: no longer than the executions of any account; 0
// is for ever.
func (s *Server) maxTraceAge() time.Duration {
	c := s.current.Load()
	days := int(c.Traces.Days)
	for _, a := range c.Accounts {
		if own := int(a.RetentionDays); own > 0 {
			days = min(cmp.Or(days, own), own)
		}
	}
	return time.Duration(days) * 24 * time.Hour
}

// logMessage logs a SIP message.
func (s *Server) logMessage(t sip.Trace) {
	direction := "SIP message received"
	if t.Sent {
		direction = "SIP message sent"
	}
	s.log.Debug(direction, "remote", t.Remote, "transport", t.Transport, "call_id", t.CallID, "message", string(bytes.TrimRight(t.Raw, "\r\n")))
}

// capture sends messages to a capture server.
type capture struct {
	*trace.Queue
	sender *hep.Sender
}

func newCapture(s *hep.Sender) *capture {
	return &capture{sender: s, Queue: trace.NewQueue(func(t sip.Trace) {
		p := hep.Packet{At: t.At, From: t.Remote, To: t.Local, TCP: t.Transport != sip.UDP, Payload: t.Raw}
		if t.Sent {
			p.From, p.To = p.To, p.From
		}
		s.Send(p)
	}, nil)}
}

func (c *capture) close() error {
	c.Queue.Close()
	return c.sender.Close()
}

// openTraceFile opens the file of serve --trace; without a path there is none.
func openTraceFile(path string, log *slog.Logger) (hooks Hooks, closeFile func() error, err error) {
	if path == "" {
		return Hooks{}, func() error { return nil }, nil
	}
	f, err := trace.OpenFile(path, log)
	if err != nil {
		return Hooks{}, nil, errors.Join(errors.New("--trace: the file cannot be made"), err)
	}
	return Hooks{Trace: f.Message}, func() error {
		err := f.Close()
		if n := f.Dropped(); n > 0 {
			log.Warn("the trace of SIP messages is not whole: the disk was too slow", "file", path, "messages_dropped", n)
		}
		return err
	}, nil
}

// collectTraces has what is kept of SIP messages, and what is not.
func (s *Server) collectTraces(m scrape) {
	if s.traces != nil {
		t := s.traces.Stats()
		m.gauge(float64(t.Bytes), "ringflow_traces_bytes", "Bytes of the traces of calls on the disk.")
		m.gauge(float64(t.Memory), "ringflow_traces_memory_bytes", "Bytes of the SIP messages of calls that live.")
		m.counter(t.Lost, "ringflow_traces_lost_total", "Traces of calls that could not be written to the disk.")
		m.counter(t.Omitted, "ringflow_traces_messages_omitted_total", "SIP messages that were not kept since those of the calls that live took all their memory.")
	}
	if s.capture != nil {
		m.counter(s.capture.Dropped()+s.capture.sender.Failed(), "ringflow_hep_dropped_total", "SIP messages that could not be sent to the capture server.")
	}
}
