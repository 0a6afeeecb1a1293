package call

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ringflow/sip"
)

// firstRegistration is how long a call waits for the first REGISTER of its account's trunks,
// which is sent at the start.
const firstRegistration = 5 * time.Second

// setRegistrations has the trunks of all accounts registered. mu is held.
func (s *Switch) setRegistrations() {
	var trunks []*sip.Trunk
	for _, a := range s.accounts {
		for _, t := range a.Trunks {
			trunks = append(trunks, &t.Trunk)
		}
	}
	s.agent.SetRegistrations(trunks, s.channels.assignAll)
}

// unregistered returns why a trunk that registers cannot be used, nil if it can.
func (s *Switch) unregistered(t *Trunk) error {
	if t.Register == nil {
		return nil
	}
	r := s.agent.Registration(&t.Trunk)
	if r.Registered() {
		return nil
	}
	return errors.New(registrationDetail(t.Name, r))
}

// registrationDetail is why a trunk is not registered, in one sentence.
func registrationDetail(name string, r sip.RegistrationState) string {
	says := "trunk " + name + " is not registered"
	if r.Registrar != "" {
		says += " at " + r.Registrar
	}
	switch {
	case r.Result != "":
		says += ": " + r.Result
	case r.Phase == sip.PhaseRegistering:
		says += ": its registrar has not answered yet"
	}
	if !r.Next.IsZero() {
		says += fmt.Sprintf("; the next attempt is at %s", r.Next.UTC().Format(time.RFC3339))
	}
	return says
}

// awaitRegistration waits for the first REGISTER of the account's trunks, if none of them
// can be used before.
func (s *Switch) awaitRegistration(ctx context.Context, a *Account) {
	ctx, cancel := context.WithTimeout(ctx, firstRegistration)
	defer cancel()
	for _, t := range a.Trunks {
		if s.unregistered(t) == nil {
			return
		}
	}
	for _, t := range a.Trunks {
		if s.agent.AwaitRegistration(ctx, &t.Trunk); s.unregistered(t) == nil {
			return
		}
	}
}
