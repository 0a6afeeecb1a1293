package media

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"ringflow/media/sdp"
)

const (
	// replayWindow is how many numbers back a packet may come, once (RFC 3711 §3.3.2).
	replayWindow = 128
	// maxSSRCs is how many sources a far end may use under one key.
	maxSSRCs = 64
	// keyOverlap is how long after a change of keys packets under the key before are accepted:
	// they were on their way (RFC 4568 §7.1.4).
	keyOverlap = 2 * time.Second
	// maxSRTPKeys is how many keys of a direction a port stores, the latest ones: early dialogs
	// may take turns.
	maxSRTPKeys = 4
)

// srtpReceiver authenticates and decrypts what a far end sends under one key.
type srtpReceiver struct {
	suite   sdp.Suite
	key     sdp.MasterKey
	mki     string
	context *srtp.Context // nil: nothing can be received
	// other has the second of two possible rollover counters, until a packet shows which one
	// the far end has; nil: it is known.
	other  *srtp.Context
	header rtp.Header // the library's to write

	ssrcs []uint32 // that have been authenticated, the latest last
}

func newSRTPReceiver(s sdp.SRTP) *srtpReceiver {
	r := &srtpReceiver{suite: s.Suite, key: s.Receive, mki: s.ReceiveMKI}
	r.context = r.newContext()
	return r
}

// newContext returns a context without history, nil if the key does not fit the suite.
func (r *srtpReceiver) newContext() *srtp.Context {
	c, err := newSRTPContext(r.suite, r.key, srtp.SRTPReplayProtection(replayWindow), srtp.MasterKeyIndicator([]byte(r.mki)))
	if err != nil {
		return nil
	}
	return c
}

// open decrypts a packet into the buffer. It reports false for one that is not the far
// end's, or came before.
func (r *srtpReceiver) open(buffer, packet []byte) ([]byte, bool) {
	if r.context == nil {
		return nil, false
	}
	ssrc := binary.BigEndian.Uint32(packet[8:])
	known := slices.Contains(r.ssrcs, ssrc)
	if !known && len(r.ssrcs) == maxSSRCs {
		return nil, false
	}
	out, err := r.context.DecryptRTP(buffer[:0], packet, &r.header)
	if err != nil {
		if r.other == nil {
			return nil, false
		}
		if out, err = r.other.DecryptRTP(buffer[:0], packet, &r.header); err != nil {
			return nil, false
		}
		r.context = r.other
	}
	r.other = nil
	if !known {
		r.ssrcs = append(r.ssrcs, ssrc)
	}
	return out, true
}

// rollover is the rollover counter of the latest source, 0 if there is none.
func (r *srtpReceiver) rollover() (ssrc, roc uint32) {
	if len(r.ssrcs) == 0 {
		return 0, 0
	}
	ssrc = r.ssrcs[len(r.ssrcs)-1]
	roc, _ = r.context.ROC(ssrc)
	return ssrc, roc
}

// continueFrom lets the rollover counter of a former key go on under this one: a far end
// may keep it.
func (r *srtpReceiver) continueFrom(former *srtpReceiver) {
	if ssrc, roc := former.rollover(); roc > 0 {
		if r.other = r.newContext(); r.other != nil {
			r.other.SetROC(ssrc, roc)
		}
	}
}

// mayRestart lets the rollover counter start at 0 under the same key, as it does with
// another device of the far end.
func (r *srtpReceiver) mayRestart() {
	if _, roc := r.rollover(); roc > 0 {
		r.other = r.newContext()
	}
}
