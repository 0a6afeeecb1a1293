package script

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"ringflow/flowengine"
	"ringflow/internal/fairshare"
)

// childMemory is where a child's garbage collector begins to work hard, in bytes.
// What the kernel holds it to is in shippedBounds.
const childMemory = 64 << 20

// Child runs each function in a process of its own.
type Child struct {
	// Path and Args start a process that calls Serve with its standard input and
	// output.
	Path string
	Args []string
	// Processes bounds how many processes run at once; a call waits for one, or until
	// its context ends. nil: no bound.
	Processes *fairshare.Semaphore
	// bounds are what the kernel holds a process to. nil: ownBounds.
	bounds *bounds
}

// bounds are limits that the kernel holds.
type bounds struct {
	data uint64 // bytes of memory, the Go runtime's own among them
	cpu  uint64 // seconds
}

// shippedBounds are those of a function in the program as it is shipped.
var shippedBounds = bounds{data: 256 << 20, cpu: 1}

// request is the request to a child: to run Source or, if there is none, to validate
// Sources. answer is its result.
type request struct {
	Source  string          `json:"source,omitempty"`
	Args    json.RawMessage `json:"args,omitempty"`
	Sources []string        `json:"sources,omitempty"`
}

type answer struct {
	Result json.RawMessage `json:"result,omitempty"`
	Stuck  bool            `json:"stuck,omitempty"`
	Error  string          `json:"error,omitempty"`
	Faults []string        `json:"faults,omitempty"` // of each of Sources, "" if it has none
}

// Call implements flowengine.Functions.
func (c Child) Call(ctx context.Context, account, source string, args []byte) ([]byte, error) {
	a, err := c.call(ctx, account, request{Source: source, Args: args})
	switch {
	case err != nil:
		return nil, err
	case a.Stuck:
		return nil, flowengine.ErrFunctionLimit
	case a.Error != "":
		return nil, &flowengine.ScriptError{Message: a.Error}
	}
	return a.Result, nil
}

// maxValidation is how long Validate takes at most, the wait for a place included.
const maxValidation = 2 * maxWall

// Validate does what the function Validate does to each of the sources of an
// account, in one process: to read a source may take as long as to run it, and as
// much stack.
func (c Child) Validate(account string, sources []string) []error {
	ctx, cancel := context.WithTimeoutCause(context.Background(), maxValidation, flowengine.ErrFunctionsBusy)
	defer cancel()
	a, err := c.call(ctx, account, request{Sources: sources})
	if err == nil && len(a.Faults) != len(sources) {
		err = errors.New("the child did not look at all functions")
	}
	if errors.Is(err, flowengine.ErrFunctionLimit) {
		err = &flowengine.ScriptError{Message: "it takes too long to be read, or another function of the flow does"}
	}
	out := make([]error, len(sources))
	for i := range out {
		if out[i] = err; err == nil && a.Faults[i] != "" {
			out[i] = &flowengine.ScriptError{Message: a.Faults[i]}
		}
	}
	return out
}

// call starts a child for the account, sends the request and waits for its end.
func (c Child) call(ctx context.Context, account string, r request) (answer, error) {
	encodedRequest, err := json.Marshal(r)
	if err != nil {
		return answer{}, fmt.Errorf("write the arguments: %w", err)
	}
	if c.Processes != nil {
		release, err := c.Processes.Acquire(ctx, account)
		if err != nil {
			return answer{}, err
		}
		defer release()
	}
	timed, cancel := context.WithTimeout(ctx, maxWall)
	defer cancel()
	cmd := exec.CommandContext(timed, c.Path, c.Args...)
	cmd.Env = environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // nor is a Ctrl-C that drains the server
	in, err := cmd.StdinPipe()
	if err != nil {
		return answer{}, fmt.Errorf("start the child: %w", err)
	}
	var output bytes.Buffer
	cmd.Stdout = &output
	if err := cmd.Start(); err != nil {
		return answer{}, fmt.Errorf("start the child: %w", err)
	}
	// The child waits for its input, so the limits hold before the function runs.
	limitErr := limit(cmd.Process.Pid, *cmp.Or(c.bounds, &ownBounds))
	if limitErr == nil {
		_, limitErr = in.Write(encodedRequest)
	}
	in.Close()
	if limitErr != nil {
		cancel() // kills the child
	}
	err = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return answer{}, context.Cause(ctx)
	case limitErr != nil && !errors.Is(limitErr, unix.EPIPE):
		return answer{}, fmt.Errorf("bound the child: %w", limitErr)
	case err != nil: // it was killed, or ran out of memory
		return answer{}, flowengine.ErrFunctionLimit
	}
	var a answer
	if err := json.Unmarshal(output.Bytes(), &a); err != nil {
		return answer{}, fmt.Errorf("read the child's answer: %w", err)
	}
	return a, nil
}

// environment is what a child is given: nothing of ours is the function's business,
// but for the zone in which the server lives, whose local time is its own.
func environment() []string {
	if zone, set := os.LookupEnv("TZ"); set {
		return append(slices.Clone(childEnv), "TZ="+zone)
	}
	return childEnv
}

func limit(pid int, b bounds) error {
	for what, n := range map[int]uint64{unix.RLIMIT_DATA: b.data, unix.RLIMIT_CPU: b.cpu, unix.RLIMIT_CORE: 0} {
		if err := unix.Prlimit(pid, what, &unix.Rlimit{Cur: n, Max: n}, nil); err != nil {
			return err
		}
	}
	return nil
}

// Serve is the whole work of a child: it reads one request, runs the function or
// looks at functions, and writes the answer. It returns the status to exit with.
func Serve(in io.Reader, out io.Writer) int {
	debug.SetMemoryLimit(childMemory)
	var r request
	if err := json.NewDecoder(in).Decode(&r); err != nil {
		return 1
	}
	var a answer
	if r.Sources == nil {
		result, err := Local{}.Call(context.Background(), "", r.Source, r.Args)
		a = answer{Result: result, Stuck: errors.Is(err, flowengine.ErrFunctionLimit), Error: message(err)}
	}
	for _, err := range ValidateAll(r.Sources) {
		a.Faults = append(a.Faults, message(err))
	}
	if err := json.NewEncoder(out).Encode(a); err != nil {
		return 1
	}
	return 0
}

// message is what went wrong with a function, "" if nothing did.
func message(err error) string {
	if thrown := new(flowengine.ScriptError); errors.As(err, &thrown) {
		return thrown.Message
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

var _ flowengine.Functions = Child{}
