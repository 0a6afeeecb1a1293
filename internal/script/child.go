package script

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime/debug"

	"golang.org/x/sys/unix"

	"ringflow/flowengine"
)

// Limits of a child, which the kernel holds.
const (
	childData   = 256 << 20 // bytes of memory, the Go runtime's own among them
	childCPU    = 1         // seconds
	childMemory = 64 << 20  // where its garbage collector begins to work hard
)

// Child runs each function in a process of its own.
type Child struct {
	// Path and Args start a process that calls Serve with its standard input and
	// output.
	Path string
	Args []string
	// Slots bounds how many processes run at once by its capacity; others wait for
	// a place, or until their context ends. nil: no bound.
	Slots chan struct{}
}

// request is what a child is asked, and answer what it says.
type request struct {
	Source string          `json:"source"`
	Args   json.RawMessage `json:"args"`
}

type answer struct {
	Result json.RawMessage `json:"result,omitempty"`
	Stuck  bool            `json:"stuck,omitempty"`
	Error  string          `json:"error,omitempty"`
}

// Call implements flowengine.Functions.
func (c Child) Call(ctx context.Context, source string, args []byte) ([]byte, error) {
	asked, err := json.Marshal(request{Source: source, Args: args})
	if err != nil {
		return nil, fmt.Errorf("write the arguments: %w", err)
	}
	if c.Slots != nil {
		select {
		case c.Slots <- struct{}{}:
			defer func() { <-c.Slots }()
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	timed, cancel := context.WithTimeout(ctx, maxWall)
	defer cancel()
	cmd := exec.CommandContext(timed, c.Path, c.Args...)
	cmd.Env = []string{} // nothing of ours is the function's business
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start the child: %w", err)
	}
	var said bytes.Buffer
	cmd.Stdout = &said
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the child: %w", err)
	}
	// The child waits for its input, so the limits hold before the function runs.
	limitErr := limit(cmd.Process.Pid)
	if limitErr == nil {
		_, limitErr = in.Write(asked)
	}
	in.Close()
	if limitErr != nil {
		cancel() // kills the child
	}
	err = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case limitErr != nil && !errors.Is(limitErr, unix.EPIPE):
		return nil, fmt.Errorf("bound the child: %w", limitErr)
	case err != nil: // it was killed, or ran out of memory
		return nil, flowengine.ErrStuck
	}
	return heard(said.Bytes())
}

func limit(pid int) error {
	for what, n := range map[int]uint64{unix.RLIMIT_DATA: childData, unix.RLIMIT_CPU: childCPU, unix.RLIMIT_CORE: 0} {
		if err := unix.Prlimit(pid, what, &unix.Rlimit{Cur: n, Max: n}, nil); err != nil {
			return err
		}
	}
	return nil
}

// heard reads what the child said.
func heard(said []byte) ([]byte, error) {
	var a answer
	if err := json.Unmarshal(said, &a); err != nil {
		return nil, fmt.Errorf("read the child's answer: %w", err)
	}
	switch {
	case a.Stuck:
		return nil, flowengine.ErrStuck
	case a.Error != "":
		return nil, &flowengine.ScriptError{Message: a.Error}
	}
	return a.Result, nil
}

// Serve is the whole work of a child: it reads one request, runs the function
// and writes the answer. It returns the status to exit with.
func Serve(in io.Reader, out io.Writer) int {
	debug.SetMemoryLimit(childMemory)
	var r request
	if err := json.NewDecoder(in).Decode(&r); err != nil {
		return 1
	}
	var a answer
	result, err := Local{}.Call(context.Background(), r.Source, r.Args)
	var thrown *flowengine.ScriptError
	switch {
	case err == nil:
		a.Result = result
	case errors.As(err, &thrown):
		a.Error = thrown.Message
	case errors.Is(err, flowengine.ErrStuck):
		a.Stuck = true
	default:
		a.Error = err.Error()
	}
	if err := json.NewEncoder(out).Encode(a); err != nil {
		return 1
	}
	return 0
}

var _ flowengine.Functions = Child{}
