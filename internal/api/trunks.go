package api

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/auth"
	"ringflow/internal/call"
	"ringflow/media/sdp"
	"ringflow/sip"
)

func trunkRoutes() []route {
	return []route{{
		method: http.MethodGet, path: "/v1/trunks", scopes: []string{auth.ScopeFlowsRead}, handle: (*api).trunks,
		summary: "List the account's trunks in the order in which they are tried, with their state.",
		parameters: append([]parameter{
			{name: "to", in: "query", doc: "A number that is to be called, such as +4930901820: the trunks that a call to it may take come first, and choice says why.", sample: ""},
			{name: "from", in: "query", doc: "With to, the account's number that it is called from; without it, any.", sample: ""},
		}, pageParameters()...),
		answers: []content{{status: 200, sample: list{name: "trunks", items: []trunkBody{}}}}, errors: []int{400},
	}}
}

type trunkBody struct {
	Name           string                `json:"name"`
	Targets        []string              `json:"targets" doc:"host:port, in the order in which they are tried."`
	Service        []targetBody          `json:"service" doc:"Whether calls are placed over each target."`
	InService      bool                  `json:"in_service" doc:"Whether a target is in service; calls pass a trunk over without one, while another trunk that they may take has one."`
	Legs           int                   `json:"legs" doc:"That live now, those that are still dialling included."`
	Limit          *int                  `json:"limit" doc:"Legs at once at most; null: no limit."`
	SRTP           sdp.SRTPPolicy        `json:"srtp" doc:"Whether the audio is encrypted." enum:"off,optional,required"`
	CallsPerSecond *float64              `json:"calls_per_second" doc:"Legs that may begin a second; null: no limit."`
	Waiting        int                   `json:"waiting" doc:"Calls that wait for a channel or a start, and may take this trunk."`
	OldestWaitMS   *int64                `json:"oldest_wait_ms" doc:"How long the first of them has waited; null: none waits."`
	Choice         *trunkChoiceBody      `json:"choice,omitempty" doc:"With the parameter to: whether the call may take the trunk."`
	SessionTimer   *int                  `json:"session_timer_seconds" doc:"Session interval that its calls request; null: none."`
	MaxDuration    int                   `json:"max_duration_seconds" doc:"How long a leg may last from its answer on."`
	Connections    []trunkConnectionBody `json:"connections" doc:"Connections over TCP and TLS that are open to it, the oldest first; over UDP there are none. Trunks with the same target share them."`
	Last           *trunkResultBody      `json:"last" doc:"How the leg that ended last came out; null: none has ended since the server started."`
	Pings          []trunkPingBody       `json:"pings,omitempty" doc:"The state of each target, if the trunk's targets are pinged."`
	// Registration is there if the trunk registers.
	Registration *trunkRegistrationBody `json:"registration,omitempty" doc:"The state of its registration, if it registers. Over a trunk that is not registered no call is placed."`
}

type trunkConnectionBody struct {
	Transport sip.Transport `json:"transport" enum:"tcp,tls"`
	Address   string        `json:"address" doc:"Address and port of the far end."`
	OpenedBy  string        `json:"opened_by" doc:"us, or the far end." enum:"us,far_end"`
	Since     time.Time     `json:"since" doc:"When it was open, and secured."`
}

type trunkRegistrationBody struct {
	State      sip.RegistrationPhase `json:"state" doc:"registering while the first answer is awaited; registered while a binding lasts; failed while the next attempt is awaited; unregistering while the binding is removed." enum:"registering,registered,failed,unregistering"`
	Since      time.Time             `json:"since" doc:"When the state began."`
	Registrar  string                `json:"registrar" doc:"With whom it is registered, or was tried last."`
	Address    string                `json:"address" doc:"Its address and port; empty until it is known."`
	Contact    string                `json:"contact" doc:"The Contact that the registrar has for us; empty: none."`
	Until      *time.Time            `json:"until" doc:"When the binding expires, unless it is refreshed before; null: there is none."`
	NextAt     *time.Time            `json:"next_at" doc:"When the next REGISTER is due; null while one is under way."`
	Result     string                `json:"result" doc:"The last answer of a registrar, or why there was none."`
	AnsweredAt *time.Time            `json:"answered_at" doc:"When that was; null: no REGISTER has come to anything yet."`
}

type trunkChoiceBody struct {
	May    bool   `json:"may"`
	Reason string `json:"reason" doc:"Why, such as \"+4930901820 matches prefix +49\"."`
}

type targetBody struct {
	Target      string        `json:"target"`
	Transport   sip.Transport `json:"transport" doc:"By which it is reached; where the trunk's transport is auto, what DNS has said last, else udp." enum:"udp,tcp,tls"`
	Certificate *time.Time    `json:"certificate_expires_at" doc:"When the certificate expires that it has shown last; null: it is not reached over TLS, or was not yet."`
	InService   bool          `json:"in_service" doc:"false: calls pass it over while another target is in service, since its pings or two calls in a row failed, or it asked for a pause by Retry-After."`
	Since       *time.Time    `json:"since" doc:"When it went out of service; null: it is in service."`
	Until       *time.Time    `json:"until" doc:"When a call tries it again; null: it is in service, or comes back with a ping."`
	Reason      string        `json:"reason" doc:"Why it is out of service; of a name in service, which of its addresses are out."`
}

type trunkPingBody struct {
	Target   string     `json:"target"`
	State    sip.Reach  `json:"state" doc:"unknown until pings have decided; two failures in a row make a target unreachable, one response reachable." enum:"unknown,reachable,unreachable"`
	Since    time.Time  `json:"since" doc:"When the state began."`
	PingedAt *time.Time `json:"pinged_at" doc:"When the last ping ended; null: none has."`
	Result   string     `json:"result" doc:"What the last ping came to: the response, or why there was none."`
}

type trunkResultBody struct {
	EndedAt   time.Time      `json:"ended_at"`
	Exit      flowfile.Exit  `json:"exit" doc:"answered, busy, no_answer, invalid_number, error, or cancelled if we gave up before an answer."`
	Code      *int           `json:"code" doc:"The final SIP answer; null: none came."`
	Reason    string         `json:"reason"`
	EndedBy   record.EndedBy `json:"ended_by,omitempty" doc:"Who ended an attempt that was not answered, as ended_by of its leg; network: the call was kept from the party." enum:"contact,agent,network,flow,api,ring_limit,trunk,fault,shutdown"`
	Target    string         `json:"target" doc:"Of the last INVITE, as targets has it; empty: none was sent."`
	Address   string         `json:"address" doc:"Where that was sent; empty: none was."`
	Transport sip.Transport  `json:"transport" doc:"By what; empty: none was."`
	// Explanation is there when the answer had one.
	Explanation string `json:"explanation,omitempty" doc:"What the answer's Reason, Warning and Call-Info header fields say about why, each behind its name."`
}

// trunks lists trunks: GET /v1/trunks.
func (a *api) trunks(req *request) (any, error) {
	all, choices := a.config.Trunks(req.Account), map[string]call.TrunkChoice{}
	if to := req.query.Get("to"); to != "" {
		found, err := a.config.Choices(req.Account, req.query.Get("from"), to)
		if err != nil {
			return nil, badParameter("to", err.Error())
		}
		for i, c := range found {
			choices[c.Trunk] = c
			at := slices.IndexFunc(all, func(t call.TrunkState) bool { return t.Name == c.Trunk })
			if at > i {
				all = slices.Insert(slices.Delete(slices.Clone(all), at, at+1), i, all[at])
			}
		}
	} else if req.query.Get("from") != "" {
		return nil, badParameter("from", "goes with to")
	}
	show := func(t call.TrunkState) trunkBody {
		shown := showTrunk(t)
		if c, is := choices[t.Name]; is {
			shown.Choice = &trunkChoiceBody{c.May, c.Reason}
		}
		return shown
	}
	page, next, err := ordered(req, all, func(t call.TrunkState) string { return t.Name })
	return listOf("trunks", page, next, show), err
}

func showTrunk(t call.TrunkState) trunkBody {
	shown := trunkBody{Name: t.Name, Targets: []string{}, Service: []targetBody{}, InService: t.Health.InService, Legs: t.Legs, Limit: orNull(t.Channels), SRTP: cmp.Or(t.SRTP, sdp.SRTPOff), CallsPerSecond: orNull(t.CallsPerSecond), Waiting: t.Queue.Waiting,
		SessionTimer: orNull(int(t.SessionTimer / time.Second)), MaxDuration: int(t.MaxDuration / time.Second), Connections: []trunkConnectionBody{}}
	for _, c := range t.Connections {
		by := "us"
		if c.Accepted {
			by = "far_end"
		}
		shown.Connections = append(shown.Connections, trunkConnectionBody{c.Transport, c.Addr.String(), by, shownTime(c.Since)})
	}
	if t.Queue.Waiting > 0 {
		oldest := t.Queue.Oldest.Milliseconds()
		shown.OldestWaitMS = &oldest
	}
	if l := t.Last; l != nil {
		shown.Last = &trunkResultBody{EndedAt: shownTime(l.At), Exit: l.Exit, Code: orNull(l.Code), Reason: l.Reason, EndedBy: l.EndedBy, Explanation: l.Explanation, Target: l.Target, Transport: l.Transport}
		if l.Address.IsValid() {
			shown.Last.Address = l.Address.String()
		}
	}
	for _, p := range t.Targets {
		shown.Targets = append(shown.Targets, p.Address)
		shown.Service = append(shown.Service, targetBody{p.Address, cmp.Or(p.Transport, sip.UDP), timeOrNull(p.Certificate), p.Health.InService, timeOrNull(p.Health.Since), timeOrNull(p.Health.Until), p.Health.Reason})
		if p.State == "" {
			continue
		}
		shown.Pings = append(shown.Pings, trunkPingBody{Target: p.Address, State: p.State, Since: shownTime(p.Since), PingedAt: timeOrNull(p.Pinged), Result: p.Result})
	}
	if r := t.Registration; r.Phase != "" {
		shown.Registration = &trunkRegistrationBody{State: r.Phase, Since: shownTime(r.Since), Registrar: r.Registrar, Contact: r.Contact,
			Until: timeOrNull(r.Until), NextAt: timeOrNull(r.Next), Result: r.Result, AnsweredAt: timeOrNull(r.Answered)}
		if r.Address.IsValid() {
			shown.Registration.Address = r.Address.String()
		}
	}
	return shown
}
