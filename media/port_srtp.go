package media

import (
	"encoding/binary"
	"slices"
	"time"

	"ringflow/media/sdp"
)

// portSRTP is the encryption of a port. The zero value is plain RTP. It belongs to the
// port's worker.
type portSRTP struct {
	sender    *srtpSender     // nil: plain RTP is sent
	receivers []*srtpReceiver // the one agreed on last first; none: plain RTP is received
	changedAt time.Duration   // of receivers

	// Those of the former keys, which go on where they were if their key comes back.
	senders []*srtpSender
}

// encrypted reports whether packets are encrypted.
func (c *portSRTP) encrypted() bool { return c.sender != nil }

// suite is the suite of what is sent, empty for plain RTP.
func (c *portSRTP) suite() sdp.Suite {
	if c.sender == nil {
		return ""
	}
	return c.sender.suite
}

// negotiate applies what was agreed on. moved says that the far end has another address.
func (c *portSRTP) negotiate(now time.Duration, s sdp.SRTP, moved bool) {
	if !s.Encrypted() {
		c.sender, c.receivers = nil, nil
		return
	}
	c.setSender(s)
	c.setReceiver(now, s, moved)
}

func (c *portSRTP) setSender(s sdp.SRTP) {
	i := slices.IndexFunc(c.senders, func(o *srtpSender) bool { return o.suite == s.Suite && o.key == s.Send })
	if i < 0 {
		c.senders = append([]*srtpSender{newSRTPSender(s.Suite, s.Send)}, c.senders[:min(len(c.senders), maxSRTPKeys-1)]...)
		i = 0
	}
	c.sender = c.senders[i]
}

func (c *portSRTP) setReceiver(now time.Duration, s sdp.SRTP, moved bool) {
	i := slices.IndexFunc(c.receivers, func(o *srtpReceiver) bool {
		return o.suite == s.Suite && o.key == s.Receive && o.mki == s.ReceiveMKI
	})
	if i == 0 {
		if moved {
			c.receivers[0].mayRestart()
		}
		return
	}
	var next *srtpReceiver
	if i > 0 {
		next = c.receivers[i]
		c.receivers = slices.Delete(c.receivers, i, i+1)
	} else {
		next = newSRTPReceiver(s)
		if len(c.receivers) > 0 {
			next.continueFrom(c.receivers[0])
		}
	}
	c.receivers = append([]*srtpReceiver{next}, c.receivers[:min(len(c.receivers), maxSRTPKeys-1)]...)
	c.changedAt = now
}

// open authenticates and decrypts a packet.
func (c *portSRTP) open(w *worker, now time.Duration, packet []byte) ([]byte, bool) {
	for i, r := range c.receivers {
		if i > 0 && now-c.changedAt >= keyOverlap {
			break
		}
		if out, ok := r.open(w.opened[:], packet); ok {
			return out, true
		}
	}
	return nil, false
}

// protect encrypts a packet.
func (c *portSRTP) protect(w *worker, packet []byte) ([]byte, bool) {
	return c.sender.protect(w.sealed[:], packet, binary.BigEndian.Uint16(packet[2:]))
}
