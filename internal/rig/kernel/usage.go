package kernel

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// userHertz is the unit of the times in /proc/PID/stat (sysconf _SC_CLK_TCK,
// 100 on every Linux that Go supports).
const userHertz = 100

// Usage is what a process has used so far.
type Usage struct {
	// CPU is user and system time of all its threads, living and ended, in
	// steps of 10 ms.
	CPU time.Duration
	// Resident is its memory in bytes.
	Resident int64
	// Files is the number of its open descriptors.
	Files int
	// Threads it has now.
	Threads int
}

// ReadUsage reads /proc for the process.
func ReadUsage(pid int) (Usage, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Usage{}, fmt.Errorf("read usage: %w", err)
	}
	// The command's name stands in brackets and may hold anything.
	_, rest, found := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if !found || len(fields) < 22 {
		return Usage{}, fmt.Errorf("read usage: /proc/%d/stat has %d fields", pid, len(fields))
	}
	var u Usage
	for _, at := range []int{11, 12} { // utime, stime
		ticks, err := strconv.ParseInt(fields[at], 10, 64)
		if err != nil {
			return Usage{}, fmt.Errorf("read usage: %w", err)
		}
		u.CPU += time.Duration(ticks) * (time.Second / userHertz)
	}
	u.Threads, _ = strconv.Atoi(fields[17])
	pages, _ := strconv.ParseInt(fields[21], 10, 64)
	u.Resident = pages * int64(os.Getpagesize())
	if open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid)); err == nil {
		u.Files = len(open)
	}
	return u, nil
}

// MachineBusy is the time that all cores together have not idled since the
// machine started, of all processes.
func MachineBusy() time.Duration {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	var busy int64
	for i, field := range strings.Fields(line) {
		// cpu user nice system idle iowait irq softirq steal guest guest_nice;
		// guest time is in user time already.
		if i == 0 || i == 4 || i == 5 || i > 8 {
			continue
		}
		ticks, _ := strconv.ParseInt(field, 10, 64)
		busy += ticks
	}
	return time.Duration(busy) * (time.Second / userHertz)
}

func threads() []int {
	entries, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return nil
	}
	var ids []int
	for _, e := range entries {
		if id, err := strconv.Atoi(e.Name()); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}
