package media

import (
	"errors"
	"log/slog"
	"net/netip"

	"ringflow/media/sdp"
)

type PlaneConfig struct {
	Bind, Advertise  netip.Addr
	PortMin, PortMax uint16
	Workers          int
	Log              *slog.Logger
}
type Plane struct{}
type PlaneStats struct{}
type PortStats struct{}
type Port struct{}
type Playback struct{}
type Recording struct{}
type Bridge struct{}

var ErrNoPort = errors.New("no RTP port is free")

func NewPlane(PlaneConfig) (*Plane, error)    { return nil, nil }
func (*Plane) Close() error                   { return nil }
func (*Plane) Open() (*Port, error)           { return nil, nil }
func (*Plane) Stats() PlaneStats              { return PlaneStats{} }
func (*Port) LocalAddr() netip.AddrPort       { return netip.AddrPort{} }
func (*Port) Negotiate(sdp.Negotiated)        {}
func (*Port) Play(*Prompt) *Playback          { return nil }
func (*Playback) Done() <-chan struct{}       { return nil }
func (*Playback) Stop()                       {}
func (*Playback) Finished() bool              { return false }
func (*Port) Digits() <-chan Digit            { return nil }
func (*Port) SendDigits(string)               {}
func (*Port) Heard() <-chan struct{}          { return nil }
func (*Port) Record() *Recording              { return nil }
func (*Recording) Stop() []int16              { return nil }
func (*Port) Stats() PortStats                { return PortStats{} }
func (*Port) Close()                          {}
func Join(a, b *Port) *Bridge                 { return nil }
func (*Bridge) Close()                        {}
func LoadPrompt(data []byte) (*Prompt, error) { return nil, nil }
func DecodePCM(data []byte) ([]int16, error)  { return nil, nil }
func EncodeWAV(pcm []int16) []byte            { return nil }
