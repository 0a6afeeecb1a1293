package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strings"

	"ringflow/internal/config"
	"ringflow/internal/doctor"
	"ringflow/internal/strict"
)

// runDoctor is `ringflow doctor --config FILE`: one line for each finding. It fails if one
// of them is a fault.
func runDoctor(f *flag.FlagSet) runFunc {
	configFile := f.String("config", "", "the configuration, a YAML `FILE`; needed")
	var o doctor.Options
	f.StringVar(&o.Call, "call", "", "call this `NUMBER` over each trunk and play a tone for some seconds: the carrier's echo test, also a short one such as 4443 or *43, a phone of yours, or a number that does not exist")
	f.StringVar(&o.For, "for", "", "say which trunk a call to `NUMBER` goes over, and why; nothing is called")
	f.StringVar(&o.From, "from", "", "the account's `NUMBER` that those are called from; without it, its first")
	f.StringVar(&o.Account, "account", "", "try the trunks of the account `NAME` alone")
	f.StringVar(&o.STUN, "stun", "", "ask a STUN server, `HOST:PORT`, for this machine's public address")
	asJSON := f.Bool("json", false, "print one JSON object a line")
	return func(ctx context.Context, _ []string, out, _ io.Writer) error {
		if *configFile == "" {
			return fmt.Errorf("--config is needed: %w", errUsage)
		}
		c, err := config.Load(*configFile)
		if mistakes := strict.Errors(err); len(mistakes) > 0 {
			for _, m := range mistakes {
				if err := printf(out, "%-8s %s\n", doctor.Fault, m); err != nil {
					return err
				}
			}
			return errReported
		}
		if err != nil {
			return err
		}
		if _, known := c.Account(o.Account); o.Account != "" && !known {
			return fmt.Errorf("--account: %s has no account %q: there are %s", *configFile, o.Account, strings.Join(c.AccountNames(), ", "))
		}
		faults := doctor.Run(ctx, &c, o, func(found doctor.Finding) {
			if *asJSON {
				_ = json.NewEncoder(out).Encode(found) // the checks go on without a reader
				return
			}
			_, _ = fmt.Fprintf(out, "%-8s %s: %s\n", found.Level, found.Subject, found.Text)
		})
		if faults > 0 {
			return errReported
		}
		return nil
	}
}
