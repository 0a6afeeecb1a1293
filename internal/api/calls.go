package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/auth"
)

// Legs ends legs that live. It is satisfied by call.Switch.
type Legs interface {
	// HangUp ends the legs of an execution that live, or the one of that id, and says
	// how many the account had.
	HangUp(account string, execution record.ExecutionID, leg string) int
}

// maxSearched bounds the executions that one page of calls looks through.
const maxSearched = 1000

func callRoutes() []route {
	read, hangUp := []string{auth.ScopeFlowsRead}, []string{auth.ScopeStart}
	const one = "/v1/calls/{flow_execution_id}"
	return []route{{
		method: http.MethodGet, path: "/v1/calls", scopes: read, handle: (*api).calls,
		summary: "List calls with their legs, the newest first. A call is all legs that one execution dialled. A page may hold fewer than asked for although more follow.",
		parameters: append(filterParameters(),
			append([]parameter{{name: "live", in: "query", doc: "true: only calls of which a leg has not ended.", sample: false}}, pageParameters()...)...),
		answers: []content{{status: 200, sample: list{name: "calls", items: []callBody{}}}}, errors: []int{400, 404},
	}, {
		method: http.MethodGet, path: one, scopes: read, handle: (*api).call,
		summary: "Show the call of an execution, live or past.",
		answers: []content{{status: 200, sample: callBody{}}}, errors: []int{404},
	}, {
		method: http.MethodPost, path: one + "/hangup", scopes: hangUp, handle: (*api).hangUp,
		summary: "Hang up all legs of a call. The flow goes on as if the other side had hung up, and its step notes that it was hung up over the API.",
		answers: []content{{status: 202, sample: hangUpBody{}}}, errors: []int{404, 409},
	}, {
		method: http.MethodPost, path: one + "/legs/{leg_id}/hangup", scopes: hangUp, handle: (*api).hangUp,
		summary: "Hang up one leg of a call.",
		answers: []content{{status: 202, sample: hangUpBody{}}}, errors: []int{404, 409},
	}}
}

type callBody struct {
	FlowExecutionID record.ExecutionID `json:"flow_execution_id"`
	InteractionID   string             `json:"interaction_id"`
	FlowID          string             `json:"flow_id"`
	Live            bool               `json:"live"`
	Legs            []legBody          `json:"legs" doc:"In the order of dialling."`
}

type legBody struct {
	LegID      string          `json:"leg_id"`
	Party      record.Party    `json:"party" enum:"contact,agent"`
	From       string          `json:"from"`
	To         string          `json:"to"`
	SIPCallID  string          `json:"sip_call_id"`
	State      record.LegState `json:"state" enum:"dialling,ringing,answered,ended"`
	DialledAt  time.Time       `json:"dialled_at"`
	RangAt     *time.Time      `json:"rang_at" doc:"When the first 18x came."`
	AnsweredAt *time.Time      `json:"answered_at"`
	EndedAt    *time.Time      `json:"ended_at"`
	EndedBy    record.EndedBy  `json:"ended_by,omitempty" doc:"Only of a leg that has ended. api: it was hung up, or its execution cancelled; shutdown: of the server; network: the call was kept from the party, who was not busy and did not decline." enum:"contact,agent,network,flow,api,ring_limit,trunk,fault,shutdown"`
	SIP        *sipBody        `json:"sip,omitempty" doc:"The newest answer and, once the leg has ended, its cause."`
	Error      string          `json:"error,omitempty"`
	Unheard    *unheardBody    `json:"unheard,omitempty" doc:"Only of a leg of which nothing had been heard three seconds after its answer, though it said that it sends: the event leg_unheard."`
	// Audio is there once a leg that was answered has ended.
	Audio *record.LegAudio `json:"audio,omitempty" doc:"What became of the sound of a leg that was answered and has ended."`
}

// unheardBody says since when no audio of a leg is received, and why.
type unheardBody struct {
	At     time.Time `json:"at"`
	Detail string    `json:"detail" doc:"Whether no packet of the far end came, or its packets came from an address that is not its own."`
}

type hangUpBody struct {
	HungUp int `json:"hung_up" doc:"How many legs."`
}

// calls lists calls: GET /v1/calls.
func (a *api) calls(req *request) (any, error) {
	filter, err := a.filterOf(req)
	if err != nil {
		return nil, err
	}
	live, _ := strconv.ParseBool(req.query.Get("live"))
	if live {
		filter.Status = record.StatusRunning
	}
	calls, cursor, limit := []callBody{}, req.query.Get("cursor"), req.number("limit")
	for searched := 0; ; {
		found, next, err := a.config.Executions.List(req.Context(), req.Account, filter, cursor, limit-len(calls))
		if err != nil {
			return nil, err
		}
		for _, h := range found {
			c, err := a.callOf(req.Context(), req.Account, h.ID)
			if err != nil && !errors.Is(err, record.ErrNoExecution) { // forgotten meanwhile
				return nil, err
			}
			if len(c.Legs) > 0 && (c.Live || !live) {
				calls = append(calls, c)
			}
		}
		searched += len(found)
		if cursor = next; next == "" || searched >= maxSearched || len(calls) >= limit {
			return list{name: "calls", items: calls, next: orNull(next)}, nil
		}
	}
}

// call shows one: GET /v1/calls/{flow_execution_id}.
func (a *api) call(req *request) (any, error) {
	return a.callNamed(req)
}

// hangUp ends legs: POST /v1/calls/{flow_execution_id}/hangup, and the same of
// one leg. What lives is hung up whether the record can be read or not; only where
// nothing does, the record says why.
func (a *api) hangUp(req *request) (any, error) {
	one := req.PathValue("leg_id")
	if n := a.config.Legs.HangUp(req.Account, req.execution(), one); n > 0 {
		return hangUpBody{n}, nil
	}
	c, err := a.callNamed(req)
	if err != nil {
		return nil, err
	}
	if one != "" && !slices.ContainsFunc(c.Legs, func(l legBody) bool { return l.LegID == one }) {
		return nil, notFound("leg")
	}
	return nil, conflict("it has ended")
}

// callNamed returns the call that the path names. An execution that dialled
// no leg has none.
func (a *api) callNamed(req *request) (callBody, error) {
	c, err := a.callOf(req.Context(), req.Account, req.execution())
	if errors.Is(err, record.ErrNoExecution) || err == nil && len(c.Legs) == 0 {
		err = notFound("call")
	}
	return c, err
}

// callOf reads the call of an execution from its journal, which is the one
// truth about legs, of those that live as of those that have ended.
func (a *api) callOf(ctx context.Context, account string, id record.ExecutionID) (callBody, error) {
	h, err := a.config.Executions.History(ctx, account, id)
	if err != nil {
		return callBody{}, err
	}
	c := callBody{FlowExecutionID: h.ID, InteractionID: h.InteractionID, FlowID: h.FlowID, Legs: []legBody{}}
	for _, l := range h.Legs() {
		c.Legs = append(c.Legs, legBodyOf(l))
		c.Live = c.Live || l.Ended == nil
	}
	return c, nil
}

func legBodyOf(l *record.Leg) legBody {
	b := legBody{
		LegID: l.ID, Party: l.Party, From: l.From, To: l.To, SIPCallID: l.CallID, State: l.State, EndedBy: l.EndedBy, Audio: l.Audio,
		DialledAt: shownTime(l.Dialled.At), RangAt: eventTime(l.FirstRinging), AnsweredAt: eventTime(l.Answered), EndedAt: eventTime(l.Ended),
		SIP: showSIP(l.SIP),
	}
	if l.Unheard != nil {
		b.Unheard = &unheardBody{At: shownTime(l.Unheard.At), Detail: l.Unheard.Detail}
	}
	if l.Ended != nil {
		b.Error = l.Ended.Error
	}
	return b
}

// eventTime is the time of an event, nil if it has not come.
func eventTime(e *record.Event) *time.Time {
	if e == nil {
		return nil
	}
	return timeOrNull(e.At)
}
