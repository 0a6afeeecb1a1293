package doctor

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/call"
	"ringflow/internal/prompt"
	"ringflow/media"
	"ringflow/numbers"
)

const (
	ringLimit  = 20 * time.Second
	toneLength = time.Second
	toneFile   = "tone.wav"
	toneHertz  = 440
)

// journal keeps the events of a leg.
type journal struct {
	mu     sync.Mutex
	events []record.Event
}

// Append implements record.Journal.
func (j *journal) Append(e record.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e.At, e.Seq = time.Now(), len(j.events)+1
	j.events = append(j.events, e)
}

// leg is the leg that was placed, nil if none was.
func (j *journal) leg() *record.Leg {
	j.mu.Lock()
	defer j.mu.Unlock()
	if legs := (record.History{Events: j.events}).Legs(); len(legs) > 0 {
		return legs[0]
	}
	return nil
}

// checkCall places a call over one trunk, plays a tone to whoever answers, and says what
// came of it.
func (d *doctor) checkCall(ctx context.Context, subject string, a *call.Account, t *call.Trunk) {
	from := d.From
	if from == "" {
		if len(a.Numbers) == 0 {
			d.add(Fault, subject, "account %s has no number to call from: write numbers: [\"+12025550100\"]", a.Name)
			return
		}
		from = string(a.Numbers[0])
	}
	register, why := d.registers(t)
	if why != "" {
		d.add(OK, subject, "%s", why)
	}
	leg, out, err := d.call(ctx, a, t, from, register)
	switch {
	case err != nil:
		d.add(Fault, subject, "the call to %s could not be placed: %v", d.Call, err)
	case out.Exit == flowfile.ExitError && out.SIP.Code != 0 && t.Register != nil && !register:
		d.add(Warning, subject, "the call from %s to %s failed: %s. It had no registration, which may be why: try it once the server is stopped, or look at a call of the server's by `ringflow call show`", from, d.Call, describe(out))
	case out.Exit == flowfile.ExitError || leg == nil:
		d.add(Fault, subject, "the call from %s to %s failed: %s", from, d.Call, describe(out))
	case out.Exit != flowfile.ExitAnswered:
		d.add(OK, subject, "the trunk takes calls from %s: %s was answered %s, exit %s", from, d.Call, describe(out), out.Exit)
	default:
		d.checkHeard(subject, leg)
	}
}

func describe(out flowengine.Outcome) string {
	status := ""
	if out.SIP.Code != 0 {
		status = strings.TrimSpace(fmt.Sprint(out.SIP.Code, " ", out.SIP.Reason))
	}
	if status == "" || strings.Contains(out.Detail, status) {
		return out.Detail
	}
	if out.Detail == "" {
		return status
	}
	return status + ": " + out.Detail
}

// call places the call, over a registration if that is wanted, and ends it once it has stood for
// d.Talk.
func (d *doctor) call(ctx context.Context, a *call.Account, t *call.Trunk, from string, register bool) (*record.Leg, flowengine.Outcome, error) {
	var out flowengine.Outcome
	library, remove, err := toneLibrary(a.Name)
	if err != nil {
		return nil, out, err
	}
	defer remove()
	lo, hi, err := d.cfg.RTP.PortRange()
	if err != nil {
		return nil, out, err
	}
	audio := media.PlaneConfig{PortMin: lo, PortMax: hi, Workers: 1, Log: d.Log}
	audio.Bind, audio.Advertise = d.cfg.RTP.Addrs(false)
	audio.Bind6, audio.Advertise6 = d.cfg.RTP.Addrs(true)
	plane, err := media.NewPlane(audio)
	if err != nil {
		return nil, out, err
	}
	defer func() { _ = plane.Close() }() // its ports are closed
	one, only := *a, *t
	only.Ping, only.Channels, only.CallsPerSecond, only.Callers, only.Destinations = 0, 0, 0, nil, nil
	if one.Service = d.serviceNumber(a); one.Service != "" {
		only.Identity.Called = numbers.FormatPlus // which adds nothing to it
	}
	if !register {
		only.Register = nil
	}
	one.Trunks, one.QueueWait = []*call.Trunk{&only}, 0
	sw := call.NewSwitch(d.agent, plane, library, []*call.Account{&one}, d.Log)
	defer sw.Close()
	defer d.unregister(ctx)
	var j journal
	to := cmp.Or(one.Service, d.Call)
	contact, out, err := sw.Dial(ctx, flowengine.DialRequest{Execution: "doctor", Account: a.Name, From: from, To: to, Ring: ringLimit, Journal: &j})
	if err != nil || contact == nil {
		return j.leg(), out, err
	}
	talk, cancel := context.WithTimeout(ctx, d.Talk)
	defer cancel()
	for err == nil {
		err = contact.Play(talk, flowfile.Audio{File: toneFile})
	}
	contact.HangUp()
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, flowengine.ErrHungUp) {
		err = nil
	}
	return j.leg(), out, err
}

// unregisterLimit is how long the removal of the binding may take.
const unregisterLimit = 5 * time.Second

// unregister removes the binding that the call was placed over, also once ctx has ended, as it has
// when the doctor is interrupted.
func (d *doctor) unregister(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unregisterLimit)
	defer cancel()
	d.agent.Unregister(ctx)
}

// advertisedAudio are the addresses that peers are told for audio.
func (d *doctor) advertisedAudio() string {
	var texts []string
	for _, v6 := range []bool{false, true} {
		if _, audio := d.cfg.RTP.Addrs(v6); audio.IsValid() {
			texts = append(texts, audio.String())
		}
	}
	return strings.Join(texts, ", ")
}

// checkHeard says whether the audio of an answered call came back.
func (d *doctor) checkHeard(subject string, l *record.Leg) {
	talked := time.Duration(0)
	if l.Ended != nil && l.Answered != nil {
		talked = l.Ended.After(*l.Answered)
	}
	audio := l.Audio
	switch {
	case audio == nil || talked < time.Second:
		d.add(Warning, subject, "%s answered and ended the call after %s, too soon to hear anything: call an echo test", d.Call, talked.Round(time.Millisecond))
	case audio.Refused != nil:
		d.add(Fault, subject, "%s answered, and its audio comes from %s though its SDP says %s: write rtp_from: any if that is the carrier", d.Call, audio.Refused.From, audio.Refused.Stated)
	case audio.Reception == record.ReceptionNone:
		d.add(Fault, subject, "%s answered, and no packet of audio came in %s: open UDP %s in the firewall in both directions, and check that rtp.advertise (%s) is the address that the carrier reaches this machine at",
			d.Call, talked.Round(time.Second), d.cfg.RTP.Ports, d.advertisedAudio())
	default:
		d.add(OK, subject, "%s answered, audio goes both ways if it is an echo: %s, %d packets sent, and packets came", d.Call, audio.Codec, audio.PacketsSent)
	}
}

// toneLibrary is a library with one tone, for an account. remove removes its folder.
func toneLibrary(account string) (l *prompt.Library, remove func(), err error) {
	dir, err := os.MkdirTemp("", "ringflow-doctor-*")
	if err != nil {
		return nil, nil, err
	}
	remove = func() { _ = os.RemoveAll(dir) } // a temporary one
	if err = os.WriteFile(filepath.Join(dir, toneFile), toneWAV(), 0o600); err == nil {
		var folder prompt.Folder
		if folder, err = prompt.ReadFolder(dir); err == nil {
			l = prompt.NewLibrary(nil, errors.New("nothing is spoken here"))
			l.SetFolder(account, folder)
			return l, remove, nil
		}
	}
	remove()
	return nil, nil, err
}

// toneWAV is a quiet tone as a WAV file of 8 kHz.
func toneWAV() []byte {
	const rate = 8000
	samples := int(rate * toneLength / time.Second)
	b := append([]byte("RIFF"), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(b[4:], uint32(36+2*samples))
	b = append(b, "WAVEfmt "...)
	for _, v := range []uint32{16, 1 | 1<<16, rate, 2 * rate, 2 | 16<<16} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	b = binary.LittleEndian.AppendUint32(append(b, "data"...), uint32(2*samples))
	for i := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(3000*math.Sin(2*math.Pi*toneHertz*float64(i)/rate))))
	}
	return b
}
