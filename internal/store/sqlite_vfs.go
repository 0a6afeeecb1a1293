package store

import (
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// registeredVFS is the VFS of all records of the process. A connection that is still in use when
// its pool is closed needs the VFS afterwards: SQLite keeps it for as long as the process lives.
var registeredVFS = sync.OnceValues(func() (*sqliteVFS, error) { return newSQLiteVFS("ringflow") })

// sqliteVFS is a VFS of SQLite's (https://www.sqlite.org/vfs.html): the system's, but that it
// waits for the disk as asyncSync does, and writes a WAL as walFiles do. SQLite calls it from
// several goroutines.
type sqliteVFS struct {
	name   string
	system uintptr // SQLite's own VFS
	queues asyncSync
	async  func(fd int32) error // of queues
	// Functions of C, which refers to them but does not keep them.
	open func(tls *libc.TLS, vfs, name, file uintptr, flags int32, outFlags uintptr) int32
	sync func(tls *libc.TLS, file uintptr, flags int32) int32
	lock func(tls *libc.TLS, file uintptr, first, n, flags int32) int32

	mu      sync.Mutex // guards the rest
	methods map[systemMethods]uintptr
	wals    []*walFiles
}

// systemMethods are methods of the system, for a WAL or for another file.
type systemMethods struct {
	methods uintptr
	wal     bool
}

// newSQLiteVFS registers a VFS of a name, for good.
func newSQLiteVFS(name string) (*sqliteVFS, error) {
	tls := libc.NewTLS()
	defer tls.Close()
	v := &sqliteVFS{name: name, system: sqlite3.Xsqlite3_vfs_find(tls, 0), methods: make(map[systemMethods]uintptr)}
	if v.system == 0 {
		return nil, errors.New("SQLite has no VFS of the system")
	}
	v.open, v.sync, v.lock, v.async = v.openFile, v.syncFile, v.lockIndex, v.queues.sync
	own := allocate[sqlite3.Tsqlite3_vfs](tls)
	vfs := pointer[sqlite3.Tsqlite3_vfs](own)
	*vfs = *pointer[sqlite3.Tsqlite3_vfs](v.system)
	vfs.FpNext, vfs.FzName, vfs.FxOpen = 0, cString(tls, name), cFunction(v.open)
	if code := sqlite3.Xsqlite3_vfs_register(tls, own, 0); code != sqlite3.SQLITE_OK {
		return nil, fmt.Errorf("register a VFS: SQLite's error %d", code)
	}
	return v, nil
}

// openFile is xOpen of sqlite3_vfs.
func (v *sqliteVFS) openFile(tls *libc.TLS, _, name, file uintptr, flags int32, outFlags uintptr) int32 {
	open := goFunction[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](pointer[sqlite3.Tsqlite3_vfs](v.system).FxOpen)
	code := open(tls, v.system, name, file, flags, outFlags)
	if f := pointer[sqlite3.TunixFile](file); f.FpMethod != 0 {
		f.FpMethod = v.methodsFor(tls, systemMethods{f.FpMethod, flags&sqlite3.SQLITE_OPEN_WAL != 0})
	}
	return code
}

// methodsFor are those of the system, but for xSync, xShmLock and what walFiles do.
func (v *sqliteVFS) methodsFor(tls *libc.TLS, of systemMethods) uintptr {
	v.mu.Lock()
	defer v.mu.Unlock()
	own, known := v.methods[of]
	if !known {
		// SQLite sees the first member alone.
		own = allocate[fileMethods](tls)
		m, system := pointer[fileMethods](own), pointer[sqlite3.Tsqlite3_io_methods](of.methods)
		m.Tsqlite3_io_methods, m.system = *system, *system
		if of.wal {
			v.wals = append(v.wals, newWALFiles(&m.Tsqlite3_io_methods, system, v.sync))
		} else {
			m.FxSync, m.FxShmLock = cFunction(v.sync), cFunction(v.lock)
		}
		v.methods[of] = own
	}
	return own
}

// fileMethods are the methods of files.
type fileMethods struct {
	sqlite3.Tsqlite3_io_methods
	system sqlite3.Tsqlite3_io_methods
}

// syncFile is xSync of sqlite3_io_methods.
func (v *sqliteVFS) syncFile(tls *libc.TLS, file uintptr, flags int32) int32 {
	f := pointer[sqlite3.TunixFile](file)
	if f.FctrlFlags&sqlite3.UNIXFILE_DIRSYNC == 0 {
		switch err := v.async(f.Fh); {
		case err == nil:
			return sqlite3.SQLITE_OK
		case !errors.Is(err, errNoAsyncSync):
			var errno unix.Errno
			errors.As(err, &errno)
			f.FlastErrno = int32(errno)
			return sqlite3.SQLITE_IOERR_FSYNC
		}
	}
	sync := goFunction[func(*libc.TLS, uintptr, int32) int32](pointer[fileMethods](f.FpMethod).system.FxSync)
	return sync(tls, file, flags)
}

// lockIndex is xShmLock of sqlite3_io_methods. A connection that gives up the lock of writers,
// the first one, has committed or rolled back.
func (v *sqliteVFS) lockIndex(tls *libc.TLS, file uintptr, first, n, flags int32) int32 {
	if first == 0 && flags&sqlite3.SQLITE_SHM_UNLOCK != 0 {
		v.mu.Lock()
		for _, w := range v.wals {
			w.drop(tls)
		}
		v.mu.Unlock()
	}
	lock := goFunction[func(*libc.TLS, uintptr, int32, int32, int32) int32](pointer[fileMethods](pointer[sqlite3.TunixFile](file).FpMethod).system.FxShmLock)
	return lock(tls, file, first, n, flags)
}
