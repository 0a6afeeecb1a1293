package store

import (
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// largestWALWrite is how many bytes are kept for one write. SQLite's xWrite takes no 128 KiB.
const largestWALWrite = 96 << 10

// walFiles are the methods of files that are a WAL. SQLite writes a WAL frame by frame, header
// and page apart. Here what follows on one another reaches the system as one write, which is
// made before the sync that ends a commit and before anything else is done to the file. No
// other connection looks for a frame before that (https://www.sqlite.org/walformat.html), if
// commits are synced, as they are with synchronous=FULL alone. A connection has something to
// write only while it holds the lock of writers.
type walFiles struct {
	system   *sqlite3.Tsqlite3_io_methods
	syncFile func(tls *libc.TLS, file uintptr, flags int32) int32

	// Functions of C, which refers to them but does not keep them.
	xClose    func(tls *libc.TLS, file uintptr) int32
	xRead     func(tls *libc.TLS, file, into uintptr, n int32, at int64) int32
	xWrite    func(tls *libc.TLS, file, from uintptr, n int32, at int64) int32
	xTruncate func(tls *libc.TLS, file uintptr, size int64) int32
	xSync     func(tls *libc.TLS, file uintptr, flags int32) int32
	xFileSize func(tls *libc.TLS, file, into uintptr) int32

	mu        sync.Mutex // guards unwritten
	unwritten map[uintptr]*walBytes
}

// walBytes are to be written to one WAL. They belong to a connection, which one goroutine uses
// at a time.
type walBytes struct {
	bytes []byte
	at    int64     // of the first, in the file
	tls   *libc.TLS // of the connection
}

// newWALFiles sets the methods of m, which are those of the system but that syncFile syncs.
func newWALFiles(m, system *sqlite3.Tsqlite3_io_methods, syncFile func(*libc.TLS, uintptr, int32) int32) *walFiles {
	w := &walFiles{system: system, syncFile: syncFile, unwritten: make(map[uintptr]*walBytes)}
	w.xClose, w.xRead, w.xWrite = w.close, w.read, w.write
	w.xTruncate, w.xSync, w.xFileSize = w.truncate, w.sync, w.size
	m.FxClose, m.FxRead, m.FxWrite = cFunction(w.xClose), cFunction(w.xRead), cFunction(w.xWrite)
	m.FxTruncate, m.FxSync, m.FxFileSize = cFunction(w.xTruncate), cFunction(w.xSync), cFunction(w.xFileSize)
	return w
}

// of is what a connection has to write to a file.
func (w *walFiles) of(tls *libc.TLS, file uintptr) *walBytes {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.unwritten[file]
	if b == nil {
		b = &walBytes{tls: tls}
		w.unwritten[file] = b
	}
	return b
}

// flush writes what is to be written to a file, and returns SQLite's code. It keeps none of it:
// SQLite rolls the transaction back if the write fails.
func (w *walFiles) flush(tls *libc.TLS, file uintptr) int32 {
	b := w.of(tls, file)
	if len(b.bytes) == 0 {
		return sqlite3.SQLITE_OK
	}
	write := goFunction[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](w.system.FxWrite)
	code := write(tls, file, uintptr(unsafe.Pointer(unsafe.SliceData(b.bytes))), int32(len(b.bytes)), b.at)
	b.bytes = b.bytes[:0]
	return code
}

// drop forgets what a connection has not written. It would be written over what the next
// writer commits.
func (w *walFiles) drop(tls *libc.TLS) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range w.unwritten {
		if b.tls == tls {
			b.bytes = b.bytes[:0]
		}
	}
}

func (w *walFiles) write(tls *libc.TLS, file, from uintptr, n int32, at int64) int32 {
	b := w.of(tls, file)
	if at != b.at+int64(len(b.bytes)) || len(b.bytes)+int(n) > largestWALWrite {
		if code := w.flush(tls, file); code != sqlite3.SQLITE_OK {
			return code
		}
		b.at = at
	}
	b.bytes = append(b.bytes, unsafe.Slice(pointer[byte](from), n)...)
	return sqlite3.SQLITE_OK
}

// read returns SQLITE_IOERR_WRITE if a write fails before it. After SQLITE_FULL, SQLite would
// take back the statement that reads, and go on without what others had written.
func (w *walFiles) read(tls *libc.TLS, file, into uintptr, n int32, at int64) int32 {
	if code := w.flush(tls, file); code != sqlite3.SQLITE_OK {
		return sqlite3.SQLITE_IOERR_WRITE
	}
	return goFunction[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](w.system.FxRead)(tls, file, into, n, at)
}

func (w *walFiles) truncate(tls *libc.TLS, file uintptr, size int64) int32 {
	if code := w.flush(tls, file); code != sqlite3.SQLITE_OK {
		return code
	}
	return goFunction[func(*libc.TLS, uintptr, int64) int32](w.system.FxTruncate)(tls, file, size)
}

func (w *walFiles) sync(tls *libc.TLS, file uintptr, flags int32) int32 {
	if code := w.flush(tls, file); code != sqlite3.SQLITE_OK {
		return code
	}
	return w.syncFile(tls, file, flags)
}

func (w *walFiles) size(tls *libc.TLS, file, into uintptr) int32 {
	if code := w.flush(tls, file); code != sqlite3.SQLITE_OK {
		return code
	}
	return goFunction[func(*libc.TLS, uintptr, uintptr) int32](w.system.FxFileSize)(tls, file, into)
}

// close drops what is to be written: no commit ended it.
func (w *walFiles) close(tls *libc.TLS, file uintptr) int32 {
	w.mu.Lock()
	delete(w.unwritten, file)
	w.mu.Unlock()
	return goFunction[func(*libc.TLS, uintptr) int32](w.system.FxClose)(tls, file)
}
