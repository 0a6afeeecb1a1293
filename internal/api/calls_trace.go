package api

import (
	"bytes"
	"errors"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/auth"
	"ringflow/internal/pcap"
	"ringflow/internal/trace"
)

// Traces has the SIP messages of legs. It is satisfied by trace.Recorder.
type Traces interface {
	// Legs are those of an account and of the execution, the leg or the Call-ID of that
	// name, that ended between two times; the zero time is no bound.
	Legs(account, id string, from, to time.Time) ([]trace.Leg, error)
	// Execution is the execution of such a leg; empty if there is none.
	Execution(account, id string) (record.ExecutionID, error)
}

func traceRoutes() []route {
	read := []string{auth.ScopeFlowsRead}
	const one = "/v1/calls/{id}/trace"
	return []route{{
		method: http.MethodGet, path: one, scopes: read, handle: (*api).trace,
		summary: "Show the SIP messages of a call with the cause of each leg's end in words, live or past. The id is the execution's, a leg's or a Call-ID. How long messages are kept the server's configuration says (traces).",
		answers: []content{{status: 200, sample: traceBody{}}}, errors: []int{404},
	}, {
		method: http.MethodGet, path: one + ".pcap", scopes: read, handle: (*api).tracePcap,
		summary: "Show the SIP messages of a call as a packet capture, for Wireshark and sngrep: each as one UDP datagram, over whatever transport it went.",
		answers: []content{{status: 200, media: pcap.MediaType, headers: []header{{name: "Content-Disposition", doc: "A name for the file.", sample: "", always: true}}}}, errors: []int{404},
	}}
}

type traceBody struct {
	FlowExecutionID record.ExecutionID `json:"flow_execution_id"`
	InteractionID   string             `json:"interaction_id"`
	FlowID          string             `json:"flow_id"`
	Live            bool               `json:"live"`
	Legs            []legTraceBody     `json:"legs" doc:"In the order of dialling."`
}

type legTraceBody struct {
	legBody
	Trunk    string        `json:"trunk"`
	Cause    string        `json:"cause" doc:"What became of the leg, in words."`
	Traced   bool          `json:"traced" doc:"Whether messages of the leg are kept: none of an old leg, nor where the server's configuration keeps none of its kind."`
	Omitted  int           `json:"omitted" doc:"How many messages between the first and the last ones were not kept."`
	RTP      *rtpBody      `json:"rtp,omitempty" doc:"Where the audio went, and what was measured of it until the end of the leg, or until now; of a leg without a trace it is not there."`
	Messages []messageBody `json:"messages" doc:"In the order of the wire."`
}

type rtpBody struct {
	Local  string `json:"local" doc:"Address and port that our SDP names."`
	Stated string `json:"stated,omitempty" doc:"Those that the far end's SDP names."`
	Remote string `json:"remote,omitempty" doc:"Those that packets are sent to: the source of the far end's packets, once there are some."`
	// Audio is measured of every leg whose audio was negotiated.
	Audio *record.LegAudio `json:"audio,omitempty"`
}

type messageBody struct {
	At             time.Time `json:"at"`
	Sent           bool      `json:"sent" doc:"Whether it was sent or received."`
	Transport      string    `json:"transport" doc:"udp, tcp or tls."`
	Local          string    `json:"local" doc:"Our address and port."`
	Remote         string    `json:"remote" doc:"The far end's."`
	Method         string    `json:"method" doc:"Of a response, that of its request."`
	Code           int       `json:"code" doc:"Of a response; 0: it is a request."`
	Reason         string    `json:"reason,omitempty"`
	Retransmission bool      `json:"retransmission" doc:"It went the same way before, byte for byte."`
	Text           string    `json:"text" doc:"The whole message, its secrets overwritten with asterisks. Bytes that are no UTF-8 are replaced by U+FFFD: the packet capture has them."`
}

// tracedCall is a call with the traces of its legs.
type tracedCall struct {
	history record.History
	legs    []*record.Leg
	traces  map[string]trace.Leg // by the leg's id
}

// tracedCall finds the call that the path names by an execution, a leg or a Call-ID.
func (a *api) tracedCall(req *request) (c tracedCall, err error) {
	id := req.PathValue("id")
	c.history, err = a.config.Executions.History(req.Context(), req.Account, record.ExecutionID(id))
	if errors.Is(err, record.ErrNoExecution) {
		execution, findErr := a.config.Traces.Execution(req.Account, id)
		if findErr != nil {
			return c, findErr
		}
		if execution != "" {
			c.history, err = a.config.Executions.History(req.Context(), req.Account, execution)
		}
	}
	if err == nil {
		c.legs = c.history.Legs()
	}
	if errors.Is(err, record.ErrNoExecution) || err == nil && len(c.legs) == 0 {
		return c, notFound("call")
	} else if err != nil {
		return c, err
	}
	found, err := a.config.Traces.Legs(req.Account, string(c.history.ID), c.legs[0].Dialled.At, c.history.FinishedAt)
	c.traces = map[string]trace.Leg{}
	for _, l := range found {
		c.traces[l.Leg] = l
	}
	return c, err
}

// trace shows the messages of a call: GET /v1/calls/{id}/trace.
func (a *api) trace(req *request) (any, error) {
	c, err := a.tracedCall(req)
	if err != nil {
		return nil, err
	}
	h := c.history
	body := traceBody{FlowExecutionID: h.ID, InteractionID: h.InteractionID, FlowID: h.FlowID}
	steps := h.Steps()
	for _, l := range c.legs {
		shown := legTraceBody{legBody: legBodyOf(l), Messages: []messageBody{}}
		var step record.Step
		if l.Step >= 0 && l.Step < len(steps) {
			step = steps[l.Step]
		}
		if shown.Cause = causeOf(l, step, time.Now()); l.SIP != nil {
			shown.Trunk = l.SIP.Trunk
		}
		if t, found := c.traces[l.ID]; found {
			shown.Traced, shown.Omitted, shown.Trunk, shown.RTP, shown.Messages = true, t.Omitted, t.Trunk, rtpBodyOf(t.RTP), messageBodiesOf(&t)
		}
		body.Live = body.Live || l.Ended == nil
		body.Legs = append(body.Legs, shown)
	}
	return body, nil
}

func rtpBodyOf(r *trace.RTP) *rtpBody {
	if r == nil {
		return nil
	}
	return &rtpBody{Local: addressText(r.Local), Stated: addressText(r.Stated), Remote: addressText(r.Remote), Audio: r.Audio}
}

// addressText is an address and port, empty if it is not valid.
func addressText(a netip.AddrPort) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

func messageBodiesOf(t *trace.Leg) []messageBody {
	bodies := make([]messageBody, 0, len(t.Messages))
	for i, m := range t.Messages {
		head := m.Head()
		bodies = append(bodies, messageBody{
			At: shownTime(m.At), Sent: m.Sent, Transport: string(m.Transport), Local: addressText(m.Local), Remote: addressText(m.Remote),
			Method: strings.ToValidUTF8(head.Method, "\uFFFD"), Code: head.Code, Reason: head.Reason, Retransmission: t.Retransmission(i), Text: strings.ToValidUTF8(string(m.Raw), "\uFFFD"),
		})
	}
	return bodies
}

// tracePcap writes the capture of a call: GET /v1/calls/{id}/trace.pcap. That of a call
// whose messages are not kept has no packet.
func (a *api) tracePcap(req *request) (any, error) {
	c, err := a.tracedCall(req)
	if err != nil {
		return nil, err
	}
	var legs []trace.Leg
	for _, l := range c.legs {
		if t, found := c.traces[l.ID]; found {
			legs = append(legs, t)
		}
	}
	var b bytes.Buffer
	if err := pcap.Write(&b, trace.Packets(legs)); err != nil {
		return nil, err
	}
	header := req.answer.Header()
	header.Set("Content-Type", pcap.MediaType)
	header.Set("Content-Length", strconv.Itoa(b.Len()))
	header.Set("Content-Disposition", `attachment; filename="call-`+string(c.history.ID)+`.pcap"`)
	req.answer.WriteHeader(http.StatusOK)
	_, _ = req.answer.Write(b.Bytes()) // a client that has gone is no error of the server
	return nil, nil
}
