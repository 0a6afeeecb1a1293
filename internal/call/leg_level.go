package call

import (
	"sync"
	"time"

	"ringflow/flowengine/record"
	"ringflow/media"
)

// levelTap copies one packet of 16, three a second at 20 ms, and holds those of two
// seconds; levelInterval is how often they are read.
var levelTap = media.TapConfig{Received: 16, Buffer: 1024}

const levelInterval = time.Second

// levelMeter measures the level of what a leg's far end sends while it is joined to
// another leg. The zero value measures nothing.
type levelMeter struct {
	mu    sync.Mutex // guards what follows
	tap   *media.Tap // nil while the leg is not joined
	timer *time.Timer
	meter media.LevelMeter
}

func (l *levelMeter) start(p *media.Port) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tap == nil {
		l.tap = p.Tap(levelTap)
		l.timer = time.AfterFunc(levelInterval, l.read)
	}
}

// read takes what the tap has copied, and comes again.
func (l *levelMeter) read() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tap != nil {
		l.add()
		l.timer.Reset(levelInterval)
	}
}

func (l *levelMeter) add() { l.tap.Read(func(f media.TapFrame) { l.meter.Add(f.PCM) }) }

// stop ends what start began, if anything, and returns the level so far, nil if nothing
// was measured.
func (l *levelMeter) stop() *record.AudioLevel {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tap != nil {
		l.timer.Stop()
		l.tap.Close()
		l.add()
		l.tap = nil
	}
	level, measured := l.meter.Level()
	if !measured {
		return nil
	}
	return &record.AudioLevel{Mean: level.Mean, Peak: level.Peak}
}
