package acceptance

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// disk is what the disk alone takes for what a commit asks of it: while it is
// watched, a page of a file in the folder for temporary files, where
// acceptance.sh has the server's data too, is written over and synced every
// diskEvery. A stall that the server shares with it is the disk's. It owns a
// goroutine, which stop waits for.
type disk struct {
	file    *os.File
	closing chan struct{}
	closed  chan struct{}
	took    []time.Duration
	err     error
}

const (
	diskEvery = 10 * time.Millisecond
	diskPage  = 4096
	diskPages = 500 // written over in order, none of them new
)

func watchDisk() (*disk, error) {
	file, err := os.CreateTemp("", "disk")
	if err != nil {
		return nil, err
	}
	d := &disk{file: file, closing: make(chan struct{}), closed: make(chan struct{})}
	if _, err = file.Write(make([]byte, diskPages*diskPage)); err == nil {
		err = file.Sync()
	}
	if err != nil {
		d.remove()
		return nil, err
	}
	go d.run()
	return d, nil
}

func (d *disk) run() {
	defer close(d.closed)
	ticker := time.NewTicker(diskEvery)
	defer ticker.Stop()
	page := make([]byte, diskPage)
	for n := int64(0); d.err == nil; n++ {
		select {
		case <-d.closing:
			return
		case <-ticker.C:
		}
		if _, d.err = d.file.WriteAt(page, n%diskPages*diskPage); d.err == nil {
			began := time.Now()
			d.err = unix.Fdatasync(int(d.file.Fd()))
			d.took = append(d.took, time.Since(began))
		}
	}
}

// stop returns how long each sync took.
func (d *disk) stop() ([]time.Duration, error) {
	close(d.closing)
	<-d.closed
	d.remove()
	return d.took, d.err
}

func (d *disk) remove() {
	_ = d.file.Close()
	_ = os.Remove(d.file.Name())
}
