// Package cli is the command line: its verbs, their help, and completion. A verb
// that speaks to a server uses the API as any client does. It does not know how a
// server is made, HTTP or SQL.
//
// Read verbs.go, which lists the verbs.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"ringflow/internal/client"
)

// verb is a word after ringflow on the command line.
type verb struct {
	name        string
	synopsis    string // its other arguments, and the flags that most want
	summary     string
	least, most int                           // how many arguments beside flags; most -1 is any number
	build       func(f *flag.FlagSet) runFunc // adds the flags, which run reads
}

// chapter is a part of the help.
type chapter struct {
	title string
	verbs []verb
}

// chapters lists what the program does, in the order of the help.
func chapters() []chapter {
	return []chapter{
		{"Calls", []verb{
			{"start", "FLOW name=value… [--no-wait] [--json]", "start an interaction and show its progress", 1, -1, remoteChecked(start)},
			{"executions", "[--flow ID] [--status STATUS] [--limit N] [--json]", "list executions, the newest first", 0, 0, executionList.flags},
			{"execution", "ID [--json]", "show one execution with its steps", 1, 1, remote(execution)},
			{"watch", "ID [--json]", "show what happened in an execution and what happens, until its end", 1, 1, remote(watch)},
			{"calls", "[--flow ID] [--live] [--limit N] [--json]", "list calls with their legs, the newest first", 0, 0, callList.flags},
			{"call show", "ID [--messages] [--pcap FILE] [--json]", "show the SIP messages of a call as a ladder, and what became of each leg; ID is an execution, a leg or a Call-ID", 1, 1, remote(callShow)},
			{"trunks", "[--for NUMBER] [--json]", "list the trunks and how their last leg ended; which of them a call to a number may take", 0, 0, trunkList.flags},
			{"report", "[--flow ID] [--from TIME] [--to TIME] [--json]", "print the report: every step of every execution", 0, 0, remote(report)},
			{"cancel", "ID|--flow ID", "end an execution that runs or waits for its time, or all of a flow", 0, 1, remoteChecked(cancel)},
		}},
		{"Flow files, on this machine", []verb{
			{"flow check", "[--config FILE] FILE…", "find every problem of flow files", 0, -1, flowCheck},
			{"flow test", "FILE…", "run flow tests: scripted phones, synthetic time", 1, -1, flagless(flowTest)},
			{"flow diff", "A B", "say what differs between two flow files", 2, 2, flagless(flowDiff)},
			{"flow graph", "[--svg] FILE", "draw a flow, in Mermaid or SVG", 1, 1, flowGraph},
			{"flow import", "[--flow NAME] FILE", "read a flow of Talkdesk Studio or Twilio Studio", 1, 1, flowImport},
			{"flow schema", "", "print the JSON Schema of flow files, for editors", 0, 0, flagless(flowSchema)},
		}},
		{"Flows on a server", []verb{
			{"flow push", "FILE [--flow ID]", "save a file as a flow's draft on a server", 1, 1, remote(flowPush)},
			{"flow publish", "FLOW|FILE", "publish a flow's draft, a file, or again a flow that is out of service and has no draft", 1, 1, remoteChecked(flowPublish)},
			{"flow unpublish", "FLOW", "take a flow out of service; its draft and versions stay, and flow publish puts it back", 1, 1, remote(flagless(flowUnpublish))},
			{"flow delete", "FLOW", "delete a flow with its draft and all its versions, unless it runs", 1, 1, remote(flagless(flowDelete))},
			{"flow request", "FLOW [--curl] [--json]", "show the request that starts a flow, and the one for its token", 1, 1, remote(flowRequest)},
			{"flow list", "[--json]", "list the flows, published or not", 0, 0, flowList.flags},
		}},
		{"What flows use, on a server", resourceVerbs()},
		{"A server of your own", []verb{
			{"serve", "--config FILE --data DIR [--trace FILE]", "run the server", 0, 0, serve},
			{"demo", "[--customer HOW] [--agent HOW] [--out DIR]", "run one whole call against a simulated carrier", 0, 0, runDemo},
			{"doctor", "--config FILE [--call NUMBER] [--for NUMBER] [--stun HOST:PORT]", "try the way to each trunk before a server starts, or beside one, and say what is wrong and what to change", 0, 0, runDoctor},
			{"config check", "FILE", "find every problem of a configuration and its flows, opening no port", 1, 1, flagless(configCheck)},
			{"config invite", "[--trunk NAME] [--to NUMBER] FILE", "show who calls whom in an INVITE of each trunk, opening no port", 1, 1, configInvite},
			{"secret discard", "--config FILE --data DIR", "remove what a lost secrets key sealed, while no server runs", 0, 0, secretDiscard},
			{"client hash", "", "print the secret_hash of a client's secret, which it reads from standard input", 0, -1, flagless(clientHash)},
			{"backup", "--data DIR TO", "copy the data folder to a new one and check the copy, while a server runs", 0, 1, backup},
		}},
		{"This program", []verb{
			{"completion", shells, "print what has a shell complete verbs, flags, flows and executions", 1, 1, flagless(completion)},
			{"version", "", "print the version, as --version does", 0, 0, flagless(printVersion)},
		}},
	}
}

// verbs lists the verbs of all chapters.
func verbs() (all []verb) {
	for _, c := range chapters() {
		all = append(all, c.verbs...)
	}
	return all
}

// hidden are verbs that the program runs itself with.
func hidden() []verb {
	return []verb{
		{"function", "", "run one function for a server", 0, 0, flagless(runFunction)},
		{"complete", "-- WORD…", "list the candidates for the last word", 0, -1, flagless(complete)},
	}
}

// errUsage ends the program with status 2, as shells expect of a wrong command.
var errUsage = errors.New("wrong usage")

// errReported ends the program with status 1 and prints nothing: the verb has printed
// what is wrong.
var errReported = errors.New("already reported")

func Run(ctx context.Context, args []string, out, errOut io.Writer) int {
	if len(args) > 0 && args[0] == "--version" {
		args = append([]string{"version"}, args[1:]...)
	}
	helpOnly := len(args) > 0 && (args[0] == "help" || isHelp(args[0]))
	if helpOnly {
		args = args[1:]
	} else if len(args) == 2 && group(args[0]) && isHelp(args[1]) {
		helpOnly, args = true, args[:1]
	}
	if len(args) == 0 || helpOnly && len(args) == 1 && group(args[0]) {
		usage(out, strings.Join(args, ""))
		return 0
	}
	v, args := find(append(verbs(), hidden()...), args)
	if v == nil {
		unknownVerb(errOut, args)
		return 2
	}
	err := flag.ErrHelp
	if !helpOnly {
		err = v.run(ctx, args, out, errOut)
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, flag.ErrHelp):
		help(out, *v)
		return 0
	case errors.Is(err, errUsage):
		if why := strings.TrimSuffix(err.Error(), errUsage.Error()); why != "" {
			fmt.Fprintf(errOut, "ringflow %s: %s\n", v.name, strings.TrimSuffix(why, ": "))
		}
		fmt.Fprintf(errOut, "usage: %s\n", usageOf(*v))
		return 2
	case errors.Is(err, errReported):
		return 1
	case errors.Is(err, errIncomplete):
		return 3
	default:
		fmt.Fprintf(errOut, "ringflow %s: %v\n", v.name, err)
		return 1
	}
}

// find returns the verb that the arguments begin with, one word or two, and
// what follows it; nil and all of them if there is none.
func find(verbs []verb, args []string) (*verb, []string) {
	for _, v := range verbs {
		words := strings.Fields(v.name)
		if len(args) >= len(words) && slices.Equal(args[:len(words)], words) {
			return &v, args[len(words):]
		}
	}
	return nil, args
}

func (v verb) run(ctx context.Context, args []string, out, errOut io.Writer) error {
	flags := newFlags()
	run := v.build(flags)
	rest, err := parseArguments(flags, args, v.least, v.most)
	if err != nil {
		return err
	}
	return run(ctx, rest, out, errOut)
}

// flags are those that the verb reads.
func (v verb) flags() *flag.FlagSet {
	flags := newFlags()
	v.build(flags)
	return flags
}

// runFunc runs a verb with its arguments.
type runFunc = func(ctx context.Context, args []string, out, errOut io.Writer) error

// request is what a verb asks of a server.
type request = func(ctx context.Context, c *client.Client, args []string, out, errOut io.Writer) error

// flagless is the build of a verb without flags of its own.
func flagless[F any](run F) func(*flag.FlagSet) F {
	return func(*flag.FlagSet) F { return run }
}

// remote is the build of a verb that speaks to a server.
func remote(build func(f *flag.FlagSet) request) func(*flag.FlagSet) runFunc {
	return remoteChecked(func(f *flag.FlagSet) (func([]string) error, request) {
		return func([]string) error { return nil }, build(f)
	})
}

// remoteChecked is the build of a verb that speaks to a server once its arguments are
// checked.
func remoteChecked(build func(f *flag.FlagSet) (check func(args []string) error, do request)) func(*flag.FlagSet) runFunc {
	return func(f *flag.FlagSet) runFunc {
		s := newServerFlags(f)
		check, do := build(f)
		return func(ctx context.Context, args []string, out, errOut io.Writer) error {
			if err := check(args); err != nil {
				return err
			}
			c, err := s.connect()
			if err != nil {
				return err
			}
			return s.explain(do(ctx, c, args, out, errOut))
		}
	}
}
