// Package cli is the command line: its verbs, their help, and completion. A verb
// that speaks to a server uses the API as any client does. It does not know how a
// server is made, HTTP or SQL.
//
// Read verbs.go, which lists the verbs.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// verb is a word after ringflow on the command line. run reads its flags by
// parseArguments, so that their help is what it reads.
type verb struct {
	name     string
	synopsis string // its other arguments, and the flags that most want
	summary  string
	run      runFunc
}

// verbs lists what the program does, in the order of the help.
func verbs() []verb {
	return slices.Concat([]verb{
		{"serve", "--config FILE --data DIR", "run the server", local(0, 0, serve)},
		{"demo", "[--customer HOW] [--agent HOW] [--out DIR]", "run one whole call against a simulated carrier", local(0, 0, runDemo)},
		{"config check", "FILE", "find every problem of a configuration and its flows, opening no port", local(1, 1, configCheck)},
		{"flow check", "[--config FILE] FILE…", "find every problem of flow files", local(0, -1, flowCheck)},
		{"flow test", "FILE…", "run flow tests: scripted phones, synthetic time", local(1, -1, flowTest)},
		{"flow diff", "A B", "say what differs between two flow files", local(2, 2, flowDiff)},
		{"flow graph", "[--svg] FILE", "draw a flow, in Mermaid or SVG", local(1, 1, flowGraph)},
		{"flow import", "[--flow NAME] FILE", "read a flow of Talkdesk Studio or Twilio Studio", local(1, 1, flowImport)},
		{"flow schema", "", "print the JSON Schema of flow files, for editors", local(0, 0, flowSchema)},
		{"flow push", "FILE [--flow ID]", "save a file as a flow's draft on a server", remote(1, 1, flowPush)},
		{"flow publish", "FLOW|FILE", "publish a flow's draft, a file, or again a flow that is out of service and has no draft", remoteChecked(1, 1, flowPublish)},
		{"flow unpublish", "FLOW", "take a flow out of service; its draft and versions stay, and flow publish puts it back", remote(1, 1, flowUnpublish)},
		{"flow delete", "FLOW", "delete a flow with its draft and all its versions, unless it runs", remote(1, 1, flowDelete)},
		{"flow request", "FLOW [--curl] [--json]", "show the request that starts a flow, and the one for its token", remote(1, 1, flowRequest)},
		{"flow list", "[--json]", "list the flows, published or not", flowList.run},
		{"start", "FLOW name=value… [--no-wait] [--json]", "start an interaction and show its progress", remoteChecked(1, -1, start)},
		{"executions", "[--flow ID] [--status STATUS] [--limit N] [--json]", "list executions, the newest first", executionList.run},
		{"execution", "ID [--json]", "show one execution with its steps", remote(1, 1, execution)},
		{"watch", "ID [--json]", "show what happened in an execution and what happens, until its end", remote(1, 1, watch)},
		{"calls", "[--flow ID] [--live] [--limit N] [--json]", "list calls with their legs, the newest first", callList.run},
		{"trunks", "[--json]", "list the trunks and how their last leg ended", trunkList.run},
		{"report", "[--flow ID] [--from TIME] [--to TIME] [--json]", "print the report: every step of every execution", remote(0, 0, report)},
		{"cancel", "ID|--flow ID", "end an execution that runs or waits for its time, or all of a flow", remoteChecked(0, 1, cancel)},
	}, resourceVerbs(), []verb{
		{"client hash", "", "print the secret_hash of a client's secret, which it reads from standard input", local(0, -1, clientHash)},
		{"backup", "--data DIR TO", "copy the data folder to a new one and check the copy, while a server runs", local(0, 1, backup)},
		{"completion", shells, "print what has a shell complete verbs, flags, flows and executions", local(1, 1, completion)},
		{"version", "", "print the version, as --version does", local(0, 0, printVersion)},
	})
}

// hidden are verbs that the program runs itself with.
func hidden() []verb {
	return []verb{
		{"function", "", "run one function for a server", runFunction},
		{"complete", "-- WORD…", "list the candidates for the last word", complete},
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
	v, rest := find(args)
	if v == nil {
		unknownVerb(errOut, args)
		return 2
	}
	if helpOnly {
		help(out, *v)
		return 0
	}
	err := v.run(ctx, rest, out, errOut)
	var request helpRequest
	switch {
	case err == nil:
		return 0
	case errors.As(err, &request):
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
// what follows it.
func find(args []string) (*verb, []string) {
	for _, v := range append(verbs(), hidden()...) {
		words := strings.Fields(v.name)
		if len(args) >= len(words) && slices.Equal(args[:len(words)], words) {
			return &v, args[len(words):]
		}
	}
	return nil, nil
}
