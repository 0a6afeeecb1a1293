package trace

import (
	"bufio"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"ringflow/internal/pcap"
	"ringflow/sip"
)

// maxFile is how long a file may get before it is renamed and begun anew. One is kept
// beside it, so that both have twice as much at most.
const maxFile = 100 << 20

// File writes the messages of the process to a file: as a packet capture if its name ends
// with .pcap, else as text. Message may be called by any goroutine until Close is.
type File struct {
	*Queue
	path   string
	limit  int64
	pcap   bool
	log    *slog.Logger
	file   *os.File
	out    *bufio.Writer
	size   int64
	buf    []byte
	broken error // nil until the file cannot be written
}

// OpenFile makes the file, or empties it.
func OpenFile(path string, log *slog.Logger) (*File, error) {
	return openFile(path, maxFile, log)
}

func openFile(path string, limit int64, log *slog.Logger) (*File, error) {
	f := &File{path: path, limit: limit, pcap: strings.HasSuffix(strings.ToLower(path), ".pcap"), log: log}
	if err := f.begin(); err != nil {
		return nil, err
	}
	f.Queue = NewQueue(f.write, f.flush)
	return f, nil
}

// begin makes the file anew, for its owner alone.
func (f *File) begin() (err error) {
	if f.file, err = os.OpenFile(f.path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600); err != nil {
		return err
	}
	f.out, f.size = bufio.NewWriterSize(f.file, 1<<16), 0
	if f.pcap {
		f.size = int64(len(pcap.Header()))
		if _, err = f.out.Write(pcap.Header()); err == nil {
			err = f.out.Flush()
		}
	}
	return err
}

// rotate renames the file to FILE.1, of a capture to NAME.1.pcap, and begins it anew.
func (f *File) rotate() error {
	old := f.path + ".1"
	if f.pcap {
		old = f.path[:len(f.path)-len(".pcap")] + ".1" + f.path[len(f.path)-len(".pcap"):]
	}
	return errors.Join(f.out.Flush(), f.file.Close(), os.Rename(f.path, old), f.begin())
}

// write writes one message. After a failure nothing is written any more, and the log says
// so.
func (f *File) write(t sip.Trace) {
	if f.broken != nil {
		return
	}
	m := Message{At: t.At, Sent: t.Sent, Transport: t.Transport, Local: t.Local, Remote: t.Remote, Raw: t.Raw}
	if f.pcap {
		f.buf = m.packet().AppendTo(f.buf[:0])
	} else {
		f.buf = m.appendText(f.buf[:0])
	}
	if f.size+int64(len(f.buf)) > f.limit {
		f.fail(f.rotate())
	}
	if f.broken == nil {
		n, err := f.out.Write(f.buf)
		f.size += int64(n)
		f.fail(err)
	}
}

func (f *File) flush() {
	if f.broken == nil {
		f.fail(f.out.Flush())
	}
}

func (f *File) fail(err error) {
	if err != nil && f.broken == nil {
		f.broken = err
		f.log.Error("the trace of SIP messages ends here", "file", f.path, "error", err)
	}
}

// appendText appends the message as it is read by people.
func (m Message) appendText(b []byte) []byte {
	direction := "received from"
	if m.Sent {
		direction = "sent to"
	}
	b = fmt.Appendf(b, "%s %s %s over %s, by %s, %d bytes\n", m.At.Format(time.RFC3339Nano), direction, m.Remote, m.Transport, m.Local, len(m.Raw))
	b = append(b, m.Raw...)
	if len(m.Raw) == 0 || m.Raw[len(m.Raw)-1] != '\n' {
		b = append(b, '\n')
	}
	return append(b, '\n')
}

// Close writes what waits and closes the file. The error is the first one of all writes.
func (f *File) Close() error {
	f.Queue.Close()
	f.flush()
	return errors.Join(f.broken, f.file.Close())
}
