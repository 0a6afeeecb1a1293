package platform

import (
	"context"
	"fmt"
	"os/exec"
	"syscall"
	"time"
)

// Server is a process of the system under test that the rig starts itself.
type Server struct {
	started time.Time
	process *exec.Cmd
	exited  chan struct{}
	err     error // how it ended, once gone is closed
}

// Launch starts the shell command in the directory. Whoever launches a server
// ends it.
func Launch(command, directory string) (*Server, error) {
	s := &Server{started: time.Now(), process: exec.Command("sh", "-c", "exec "+command), exited: make(chan struct{})}
	s.process.Dir = directory
	s.process.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := s.process.Start(); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, s.process.Process.Pid, 0) // the rig itself has stepped back
	go func() {
		s.err = s.process.Wait()
		close(s.exited)
	}()
	return s, nil
}

// Kill ends the process as a loss of power would, and waits for its exit.
func (s *Server) Kill() {
	_ = s.process.Process.Kill() // an error says that it has ended already
	<-s.exited
}

// Terminate asks the process to end and returns how it did. One that has not
// after the limit is killed.
func (s *Server) Terminate(limit time.Duration) error {
	_ = s.process.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.exited:
		return s.err
	case <-time.After(limit):
		s.Kill()
		return fmt.Errorf("it still runs %s after SIGTERM", limit)
	}
}

// Ready waits until the server takes work, and returns how long that took from
// its start. It fails when the process ends or the limit has passed.
func (s *Server) Ready(ctx context.Context, c *Client, limit time.Duration) (time.Duration, error) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		err := c.Ready(ctx)
		took := time.Since(s.started)
		switch {
		case err == nil:
			return took, nil
		case took > limit:
			return took, fmt.Errorf("not ready after %s: %w", limit, err)
		}
		select {
		case <-s.exited:
			return took, fmt.Errorf("it ended before it was ready: %w", s.err)
		case <-tick.C:
		}
	}
}
