package trace

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Storage has the legs that have ended in segment files of one folder, those that failed
// apart from the others: each of the two groups has half of the bytes, so that any number
// of good calls leaves the failed ones in place. A segment is appended to until it is
// full or an hour old; the oldest one of a group goes when the group has too many bytes, and
// any that is too old. Nothing is synced: a loss of power may cost the last seconds. Any
// goroutine may call its methods.
type Storage struct {
	dir      string
	maxBytes int64 // of each group
	maxAge   func() time.Duration
	log      *slog.Logger

	mu      sync.Mutex // guards the fields below, and the folder
	current map[string]*segment
	buffer  []byte // of entries to be written
	lost    uint64
	failing bool

	reading sync.Mutex // one search at a time: it may read every segment
}

// segment is the file that is appended to.
type segment struct {
	file  *os.File
	began time.Time
	size  int64
}

// The groups of segments, which begin their files' names.
const (
	groupFailed = "failed"
	groupOther  = "other"
)

const (
	suffix        = ".trace"
	segmentShare  = 16       // of a group: how many segments it has at least
	writeSize     = 64 << 10 // bytes of entries of which one write is made
	maxSegmentAge = time.Hour
)

// StorageConfig is what a Storage is made of.
type StorageConfig struct {
	Dir    string // made if it is not there, for its owner alone
	Bytes  int64  // of all segments
	MaxAge func() time.Duration
	Log    *slog.Logger
}

// OpenStorage returns the Storage of a folder.
func OpenStorage(c StorageConfig) (*Storage, error) {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of traces: %w", err)
	}
	s := &Storage{dir: c.Dir, maxBytes: c.Bytes / 2, maxAge: c.MaxAge, log: c.Log, current: map[string]*segment{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s, s.evict(time.Now())
}

// write appends legs. A leg that cannot be written is counted, and the log says so once
// until one can be written again.
func (s *Storage) write(legs []Leg) {
	if len(legs) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for _, group := range []string{groupFailed, groupOther} {
		n := uint64(0)
		for _, l := range legs {
			if l.Failed != (group == groupFailed) {
				continue
			}
			if b, err := appendEntry(s.buffer, l); err == nil {
				s.buffer = b
				n++
			}
			if len(s.buffer) >= writeSize {
				s.flush(group, n, now)
				n = 0
			}
		}
		if n > 0 {
			s.flush(group, n, now)
		}
	}
}

// flush writes the buffer, which has the entries of n legs. mu is held.
func (s *Storage) flush(group string, n uint64, now time.Time) {
	err := s.append(group, s.buffer, now)
	if err != nil {
		s.lost += n
		if !s.failing {
			s.log.Warn("traces of calls cannot be written", "error", err)
		}
	}
	s.failing = err != nil
	if s.buffer = s.buffer[:0]; cap(s.buffer) > 4*writeSize { // of a leg with very many messages
		s.buffer = nil
	}
}

// append writes entries to the current segment of a group. mu is held.
func (s *Storage) append(group string, b []byte, now time.Time) error {
	seg := s.current[group]
	if seg != nil && (seg.size+int64(len(b)) > max(s.maxBytes/segmentShare, 1) || now.Sub(seg.began) > maxSegmentAge || now.Before(seg.began)) {
		_ = seg.file.Close() // each write has had its error
		delete(s.current, group)
		seg = nil
	}
	if seg == nil {
		if err := s.evict(now); err != nil {
			return err
		}
		file, err := os.OpenFile(filepath.Join(s.dir, segmentName(group, now)), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		seg = &segment{file: file, began: now}
		s.current[group] = seg
	}
	n, err := seg.file.Write(b)
	seg.size += int64(n)
	if err != nil { // what follows half an entry would not be found
		_ = seg.file.Close()
		delete(s.current, group)
	}
	return err
}

func segmentName(group string, began time.Time) string {
	return fmt.Sprintf("%s-%020d%s", group, began.UnixNano(), suffix)
}

// segmentFile is a segment of the folder.
type segmentFile struct {
	path, group string
	began       time.Time
	written     time.Time // last
	size        int64
}

// segments lists the segments of the folder, the oldest first. mu is held.
func (s *Storage) segments() (found []segmentFile, err error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		group, digits, cut := strings.Cut(strings.TrimSuffix(e.Name(), suffix), "-")
		nanos, err := strconv.ParseInt(digits, 10, 64)
		if !cut || err != nil || !strings.HasSuffix(e.Name(), suffix) {
			continue // of somebody else
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, err
		}
		found = append(found, segmentFile{filepath.Join(s.dir, e.Name()), group, time.Unix(0, nanos), info.ModTime(), info.Size()})
	}
	slices.SortFunc(found, func(a, b segmentFile) int { return a.began.Compare(b.began) })
	return found, nil
}

// evict removes segments that are too old, and the oldest ones of a group that has too
// many bytes. mu is held.
func (s *Storage) evict(now time.Time) error {
	found, err := s.segments()
	if err != nil {
		return err
	}
	size := map[string]int64{}
	for _, f := range found {
		size[f.group] += f.size
	}
	limit := s.maxBytes - s.maxBytes/segmentShare // the next segment has room
	for _, f := range found {
		if age := s.maxAge(); age > 0 && now.Sub(f.written) > age || size[f.group] > limit {
			if err := os.Remove(f.path); err != nil {
				return err
			}
			size[f.group] -= f.size
		}
	}
	return nil
}

// expire removes what is too old.
func (s *Storage) expire() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for group, seg := range s.current {
		if now.Sub(seg.began) > maxSegmentAge {
			_ = seg.file.Close() // each write has had its error
			delete(s.current, group)
		}
	}
	return s.evict(now)
}

// clockMargin is by how much the times of segments and of legs may differ.
const clockMargin = time.Minute

// read returns the legs that match, of segments that were written to between two times; the
// zero time is no bound. An entry that was not written whole ends its segment.
func (s *Storage) read(matches func(Facts) bool, from, to time.Time) (legs []Leg, err error) {
	s.mu.Lock()
	found, err := s.segments()
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	s.reading.Lock()
	defer s.reading.Unlock()
	for _, f := range found {
		if !from.IsZero() && f.written.Before(from.Add(-clockMargin)) || !to.IsZero() && f.began.After(to.Add(unansweredLinger+clockMargin)) {
			continue
		}
		in, err := readSegment(f.path, matches)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return legs, fmt.Errorf("read traces: %w", err)
		}
		legs = append(legs, in...)
	}
	return legs, nil
}

// readSegment reads the legs of a segment that match, and of the others their heads alone.
func readSegment(path string, matches func(Facts) bool) (legs []Leg, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() // it was read only
	buf := make([]byte, 4096)
	for at := int64(0); ; {
		n, err := file.ReadAt(buf, at)
		if err != nil && err != io.EOF {
			return legs, err
		}
		headLength, bodyLength, sum, err := entryLengths(buf[:n])
		if err != nil {
			return legs, nil // the end, or half an entry
		}
		head, ok := part(file, buf[:n], at, entryPrefix, headLength)
		var h entryHead
		if !ok || json.Unmarshal(head, &h) != nil {
			return legs, nil
		}
		if matches(h.Facts) {
			body, ok := part(file, nil, at, entryPrefix+headLength, bodyLength)
			if !ok || crc32.Update(crc32.ChecksumIEEE(head), crc32.IEEETable, body) != sum {
				return legs, nil
			}
			leg, err := legOf(h, body)
			if err != nil {
				return legs, nil
			}
			legs = append(legs, leg)
		}
		at += int64(entryPrefix + headLength + bodyLength)
	}
}

// part reads so many bytes of the entry at a position, of which the first ones are read
// already.
func part(file *os.File, first []byte, at int64, from, length int) (b []byte, ok bool) {
	if from+length <= len(first) {
		return first[from : from+length], true
	}
	if info, err := file.Stat(); err != nil || info.Size() < at+int64(from+length) {
		return nil, false
	}
	b = make([]byte, length)
	n, _ := file.ReadAt(b, at+int64(from))
	return b[:n], n == length
}

// stats returns how many legs could not be written, and how many bytes the segments have.
func (s *Storage) stats() (lost uint64, size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, _ := s.segments() // without a folder there are none
	for _, f := range found {
		size += f.size
	}
	return s.lost, size
}

func (s *Storage) close() (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, seg := range s.current {
		err = errors.Join(err, seg.file.Close())
	}
	clear(s.current)
	return err
}
