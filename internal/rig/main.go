// Command rig is a foreign carrier and an acceptance suite for Ringflow: it tests
// the server from outside, as a carrier and an API client do. It shares
// nothing with the server but the RFCs and the contract. acceptance.sh runs it
// against a server of its own: make load, make crash.
//
// Read main.go, bare.go, then acceptance, carrier, phone, platform and, below
// them, sipwire, sdpwire, rtp, audio and kernel.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"

	"ringflow/internal/rig/acceptance"
	"ringflow/internal/rig/kernel"
)

const usage = `usage: rig [flags] carrier|seed|codes|digits|deviations|probe|api|kill|drain
       rig [flags] play N | forward N | hangup N | lossy N PERCENT | floor N
       rig [flags] rate PER_SECOND SECONDS | cost PER_SECOND SECONDS | bare PER_SECOND <NUMBERS

carrier listens until interrupted and goes by the fourth to sixth digit of the
number: 400–699 refuses with that code, 200 answers, 201 answers after 3 s, 202
answers and hangs up, 280 rings for ever, 283 plays early media for ever, 299
is silent. Bare calls the numbers on its standard input at a carrier that already
listens. The others need a server that already runs, except floor.
`

func main() {
	os.Exit(run())
}

func run() int {
	var s acceptance.Settings
	flag.StringVar(&s.HTTP, "http", "127.0.0.1:8080", "the server's API")
	flag.StringVar(&s.Carrier, "carrier-addr", "127.0.0.1:5070", "where the carrier listens")
	flag.StringVar(&s.SIP, "sip", "127.0.0.1:5060", "the server's SIP address")
	flag.IntVar(&s.ServerPID, "server-pid", 0, "the server's process, for its CPU and memory")
	flag.StringVar(&s.ClientID, "client", "acceptance", "OAuth client id")
	flag.StringVar(&s.Secret, "secret", "acceptance-secret", "its secret")
	flag.IntVar(&s.Nice, "nice", 5, "how far the rig gives way to the server")
	flag.StringVar(&s.Prompt, "prompt", "testdata/acceptance/prompt.wav", "the WAV file that flow play plays")
	flag.StringVar(&s.Restart, "restart", "", "kill, drain, crash: the shell command that starts the server again")
	flag.StringVar(&s.Sink, "sink", "127.0.0.1:9000", "crash: where the webhook of the server's configuration posts to")
	flag.StringVar(&s.Directory, "directory", ".", "kill, drain, crash: where that command runs")
	flag.StringVar(&s.Recordings, "recordings", "", "a folder for what the phones recorded")
	flag.DurationVar(&s.Plateau, "plateau", 20*time.Second, "forward: how long all calls are bridged")
	flag.IntVar(&s.TriggersPerSecond, "triggers", 200, "play, forward, kill, crash: triggers a second")
	flag.BoolVar(&s.PhonesSilent, "silent-phones", false, "phones send no RTP")
	flag.BoolVar(&s.PCMA, "pcma", false, "play: phones answer in A-law")
	flag.BoolVar(&s.Verbose, "v", false, "print every SIP message")
	flag.BoolVar(&s.SkipFloors, "skip-floors", false, "do not measure the kernel's own price")
	flag.Usage = func() { fmt.Fprint(os.Stderr, usage); flag.PrintDefaults() }
	flag.Parse()
	if flag.Arg(0) != "bare" { // which is measured, and has the scheduler that a server has
		// A thread of the scheduler more than cores, so that the media thread never
		// waits for one.
		runtime.GOMAXPROCS(runtime.NumCPU() + 2)
	}
	kernel.YieldProcess(s.Nice)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := start(ctx, s, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "rig:", err)
		return 1
	}
	return 0
}

// verbs are the tests of the suite, with the count of numbers that each takes.
var verbs = map[string]struct {
	numbers int
	run     func(*acceptance.Suite, context.Context, []int)
}{
	"carrier":    {0, func(t *acceptance.Suite, ctx context.Context, _ []int) { t.Serve(ctx) }},
	"seed":       {0, func(t *acceptance.Suite, ctx context.Context, _ []int) { t.Seed(ctx) }},
	"codes":      {0, func(t *acceptance.Suite, ctx context.Context, _ []int) { t.Codes(ctx) }},
	"digits":     {0, func(t *acceptance.Suite, ctx context.Context, _ []int) { t.Digits(ctx) }},
	"deviations": {0, func(t *acceptance.Suite, ctx context.Context, _ []int) { t.Deviations(ctx) }},
	"api":        {0, func(t *acceptance.Suite, ctx context.Context, _ []int) { t.API(ctx) }},
	"drain":      {0, func(t *acceptance.Suite, ctx context.Context, _ []int) { t.Drain(ctx) }},
	"probe":      {0, func(t *acceptance.Suite, ctx context.Context, _ []int) { t.Probe(ctx) }},
	"kill":       {0, func(t *acceptance.Suite, ctx context.Context, _ []int) { t.Kill(ctx) }},
	"crash":      {1, func(t *acceptance.Suite, ctx context.Context, n []int) { t.Crash(ctx, n[0]) }},
	"play":       {1, func(t *acceptance.Suite, ctx context.Context, n []int) { t.Play(ctx, n[0]) }},
	"forward":    {1, func(t *acceptance.Suite, ctx context.Context, n []int) { t.Forward(ctx, n[0]) }},
	"hangup":     {1, func(t *acceptance.Suite, ctx context.Context, n []int) { t.Hangup(ctx, n[0]) }},
	"lossy":      {2, func(t *acceptance.Suite, ctx context.Context, n []int) { t.Lossy(ctx, n[0], n[1]) }},
	"rate":       {2, func(t *acceptance.Suite, ctx context.Context, n []int) { t.Rate(ctx, n[0], n[1]) }},
	"cost":       {2, func(t *acceptance.Suite, ctx context.Context, n []int) { t.Cost(ctx, n[0], n[1]) }},
	"floor":      {1, func(t *acceptance.Suite, _ context.Context, n []int) { t.Floor(n[0]) }},
}

func start(ctx context.Context, s acceptance.Settings, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("no verb; want one of %s", strings.Join(names(), ", "))
	}
	if args[0] == "bare" {
		return callBare(ctx, s.Carrier, args[1:])
	}
	verb, ok := verbs[args[0]]
	if !ok || len(args) != 1+verb.numbers {
		return fmt.Errorf("%q is no verb with %d numbers; want one of %s", args[0], len(args)-1, strings.Join(names(), ", "))
	}
	var numbers []int
	for _, text := range args[1:] {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fmt.Errorf("%s %q: want a whole number of at least 1", args[0], text)
		}
		numbers = append(numbers, n)
	}
	alone, launches := args[0] == "carrier" || args[0] == "floor", args[0] == "crash"
	switch {
	case launches && s.Restart == "":
		return fmt.Errorf("%s needs -restart", args[0])
	case alone, launches:
		s.ServerPID = 0
	case s.ServerPID == 0:
		return fmt.Errorf("%s needs -server-pid", args[0])
	}
	t, err := acceptance.New(ctx, s)
	if err != nil {
		return err
	}
	defer t.Close()
	fmt.Printf("== rig %s, %s\n", strings.Join(args, " "), time.Now().Format(time.RFC3339))
	verb.run(t, ctx, numbers)
	if !t.Report.Close(strings.Join(args, " ")) && !alone {
		return fmt.Errorf("%s failed", args[0])
	}
	return nil
}

func names() []string {
	all := []string{"bare"}
	for name := range verbs {
		all = append(all, name)
	}
	sort.Strings(all)
	return all
}
