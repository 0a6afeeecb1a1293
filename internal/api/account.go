package api

import (
	"net/http"

	"ringflow/internal/prompt"
	"ringflow/internal/resource"
)

// Account is what the configuration says of an account, with its defaults, and how
// much of it is used.
type Account struct {
	Country          string // "": numbers need a +
	RetentionDays    int    // 0: for ever
	Allow, Deny      []string
	PrivateAddresses bool
	Scheduled        int // starts that wait for their time
	MaxScheduled     int // 0: no limit
}

func accountRoutes() []route {
	return []route{{
		method: http.MethodGet, path: "/v1/account", scopes: readResources, handle: (*api).account,
		summary: "Show the account of the token, with its settings, its limits and what is used of them.",
		answers: []content{{status: 200, sample: accountBody{}}},
	}}
}

type accountBody struct {
	Account          string           `json:"account" doc:"Its name."`
	ClientID         string           `json:"client_id" doc:"Who asks."`
	Scopes           []string         `json:"scopes" doc:"What the token lets him do."`
	Country          string           `json:"country,omitempty" doc:"Numbers without + are read as this country's; absent: they are refused."`
	RetentionDays    int              `json:"retention_days" doc:"How many days executions are kept after their end; 0: for ever."`
	Destinations     destinationsBody `json:"destinations"`
	ScheduledStarts  int              `json:"scheduled_starts" doc:"How many of its starts wait for their time now."`
	PrivateAddresses bool             `json:"private_addresses" doc:"Whether connections and webhooks made over the API may reach private addresses."`
	Limits           limitsBody       `json:"limits"`
}

type destinationsBody struct {
	Allow []string `json:"allow" doc:"Prefixes that may be called."`
	Deny  []string `json:"deny" doc:"Longer prefixes that may not."`
}

type limitsBody struct {
	StartsPerSecond float64 `json:"starts_per_second" doc:"Interactions started; 0: no limit."`
	ScheduledStarts int     `json:"scheduled_starts" doc:"Starts that may wait for their time; 0: no limit."`
	BodyBytes       int64   `json:"body_bytes" doc:"Of a request, but for flow files and prompts."`
	FlowBytes       int64   `json:"flow_bytes"`
	PromptBytes     int64   `json:"prompt_bytes"`
	Resources       int     `json:"resources" doc:"Secrets, connections, functions and webhooks, of each."`
}

// account shows the account of the token: GET /v1/account.
func (a *api) account(req *request) (any, error) {
	c := a.config.Account(req.Account)
	return accountBody{
		Account: req.Account, ClientID: req.ClientID, Scopes: append([]string{}, req.Scopes...),
		Country: c.Country, RetentionDays: c.RetentionDays, PrivateAddresses: c.PrivateAddresses, ScheduledStarts: c.Scheduled,
		Destinations: destinationsBody{append([]string{}, c.Allow...), append([]string{}, c.Deny...)},
		Limits: limitsBody{
			StartsPerSecond: a.config.Rate(req.Account).PerSecond, ScheduledStarts: c.MaxScheduled, BodyBytes: a.config.MaxBody, FlowBytes: maxDefinition,
			PromptBytes: prompt.MaxBytes, Resources: resource.MaxNames,
		},
	}, nil
}
