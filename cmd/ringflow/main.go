// Command ringflow turns an HTTP request into a phone call. It knows every other
// package and wires them; whatever it does beyond that belongs in one of them.
//
// Read main.go (the verbs), config.go and config_validate.go (the file), then
// server.go, which joins the parts and takes them down again in order.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// verb is a word after ringflow on the command line.
type verb struct {
	name     string
	synopsis string
	summary  string
	run      func(ctx context.Context, args []string, out, complaints io.Writer) error
}

// verbs lists what the program does, in the order of the help.
func verbs() []verb {
	return []verb{
		{"serve", "--config FILE --data DIR", "run the server", serve},
		{"demo", "[--customer HOW] [--agent HOW] [--out DIR]", "run one whole call against a simulated carrier", demo},
		{"flow", "check FILE…", "check flow files", flow},
		{"docs", "write DIR", "write the generated pages of the manual", docs},
		{"version", "", "print the version", version},
	}
}

// errUsage ends the program with status 2, as shells expect of a wrong command.
var errUsage = errors.New("wrong usage")

// errTold ends the program with status 1 and says nothing more: what was wrong
// has been printed already.
var errTold = errors.New("already told")

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) }

func run(ctx context.Context, args []string, out, complaints io.Writer) int {
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "--help"}, args[0]) {
		usage(out)
		return 0
	}
	vs := verbs()
	i := slices.IndexFunc(vs, func(v verb) bool { return v.name == args[0] })
	if i < 0 {
		fmt.Fprintf(complaints, "ringflow: there is no verb %q\n", args[0])
		usage(complaints)
		return 2
	}
	switch err := vs[i].run(ctx, args[1:], out, complaints); {
	case err == nil:
		return 0
	case errors.Is(err, errUsage):
		if why := strings.TrimSuffix(err.Error(), errUsage.Error()); why != "" {
			fmt.Fprintf(complaints, "ringflow %s: %s\n", vs[i].name, strings.TrimSuffix(why, ": "))
		}
		fmt.Fprintf(complaints, "usage: ringflow %s %s\n", vs[i].name, vs[i].synopsis)
		return 2
	case errors.Is(err, errTold):
		return 1
	default:
		fmt.Fprintf(complaints, "ringflow %s: %v\n", vs[i].name, err)
		return 1
	}
}

func usage(w io.Writer) {
	fmt.Fprint(w, "Ringflow turns an HTTP request into a phone call.\n\n")
	for _, v := range verbs() {
		fmt.Fprintf(w, "  ringflow %-52s %s\n", v.name+" "+v.synopsis, v.summary)
	}
}
