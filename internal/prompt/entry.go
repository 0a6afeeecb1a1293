package prompt

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"ringflow/media"
)

// Info describes a stored prompt.
type Info struct {
	Name      string
	Duration  time.Duration
	Bytes     int       // of the file as it was uploaded
	ChangedAt time.Time // when it was stored or replaced
	ReadOnly  bool      // it is a file of the configuration's folder
	Digest    [sha256.Size]byte
	Fault     error // why it cannot be played; nil if it can
}

// entry is a prompt with its audio, which is empty if the prompt has a fault. Immutable once read.
type entry struct {
	Info
	audio *media.Prompt
}

// readEntry reads a file. One that cannot be played is a prompt with a fault.
func readEntry(file fs.DirEntry, path string) entry {
	e := entry{Info{Name: file.Name()}, media.NewPrompt(nil)}
	e.Fault = withoutPath(e.load(file, path))
	return e
}

func (e *entry) load(file fs.DirEntry, path string) error {
	stat, err := file.Info()
	if err != nil {
		return err
	}
	e.Bytes, e.ChangedAt = int(stat.Size()), stat.ModTime()
	if err := checkSize(e.Bytes); err != nil {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	e.Bytes, e.Digest = len(data), sha256.Sum256(data)
	audio, err := media.LoadPrompt(data)
	if err == nil {
		e.audio, e.Duration = audio, audio.Duration()
	}
	return err
}

func checkSize(n int) error {
	if n > MaxBytes {
		return fmt.Errorf("it has %d bytes, the limit is %d", n, MaxBytes)
	}
	return nil
}

// withoutPath removes the path of a file from an error: the API shows faults.
func withoutPath(err error) error {
	if pathError := (*fs.PathError)(nil); errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}
