//go:build interop

package main_test

import (
	"slices"
	"strings"
	"testing"

	"ringflow/flowengine/record"
)

// spoke expects the legs of an execution to have ended in the codecs.
func (w *world) spoke(id string, codecs ...string) {
	w.t.Helper()
	var got []string
	for _, e := range w.histories(id)[0].Events {
		if e.Kind == record.LegEnded && e.Leg.Audio != nil {
			got = append(got, strings.ToLower(e.Leg.Audio.Codec))
		}
	}
	slices.Sort(got)
	if slices.Sort(codecs); !slices.Equal(got, codecs) {
		w.t.Errorf("the legs were in %v, want %v", got, codecs)
	}
}

// TestInteropPhonesOpus has phones in Opus hear prompts, press keys and talk to each other,
// and to one in G.711.
func TestInteropPhonesOpus(t *testing.T) {
	for _, x := range []struct {
		name                           string
		contact, outside               maker
		contactOffered, outsideOffered string
	}{
		{"baresip-and-linphone", startBaresip, startLinphone, "opus, pcmu", "opus, pcmu"},
		{"linphone-and-baresip", startLinphone, startBaresip, "opus", "opus"},
		{"baresip-and-linphone-in-G.711", startBaresip, startLinphone, "opus", "pcma"},
		{"linphone-and-baresip-in-G.711", startLinphone, startBaresip, "opus", "pcmu"},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := newSite(t, routed)
			id := survey(s, party{at: s.phone(), start: x.contact, keys: "codecs: [" + x.contactOffered + "]"},
				party{at: s.phone(), start: x.outside, keys: "codecs: [" + x.outsideOffered + "]"}, false)
			first := func(list string) string { name, _, _ := strings.Cut(list, ","); return name }
			s.spoke(id, first(x.contactOffered), first(x.outsideOffered))
		})
	}
}

// opusModules are those of Asterisk for Opus: without the last it resamples recordings through
// Opus.
var opusModules = []string{"codec_opus_open_source", "res_format_attr_opus", "codec_resample"}

// asteriskOpus has calls in Opus, to an Asterisk that takes no other codec.
func asteriskOpus() []cell {
	digits := func(tr trunk, endpoint ...string) func(*testing.T) string {
		return func(t *testing.T) string {
			tr.keys = "codecs: [opus, g722, pcmu]"
			p := trunkCall{pbx: pbx{codecs: "opus", modules: opusModules, endpoint: endpoint}, trunk: tr}.run(t)
			p.collects("1234")
			if a := p.audio(); a == nil || a.Codec != "opus" || (a.SRTP != "") != (tr.srtp != "") {
				t.Errorf("the audio is %+v, want Opus", a)
			}
			return ""
		}
	}
	return []cell{
		{"both parties behind it, Opus", passes, joined("opus")},
		{"Opus, digits by RFC 4733 at 48000 Hz", passes, digits(trunk{})},
		{"Opus over SRTP, digits by RFC 4733", passes, digits(trunk{srtp: "required"}, "media_encryption = sdes")},
	}
}
