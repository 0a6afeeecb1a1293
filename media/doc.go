// Package media is the sound of calls: RTP ports, the clock that paces them,
// prompts, tones, digits, bridges and recordings, all at 8 kHz and in G.711.
//
// It deliberately knows nothing of SIP, flows or speech engines: it is handed
// what offer and answer agreed on (media/sdp) and sound as samples or files.
//
// Read it in this order. Pure parts: clock.go (the absolute clock), stream.go and
// keys.go (what leaves), origin.go, sources.go, candidate.go and latch.go (whose
// packets are taken), packet.go, allowance.go, reception.go, playout.go, quality.go,
// eventtypes.go, eventreport.go, event.go and events.go (what arrives), shift.go (what
// a bridge passes on), own.go (where nothing may be sent), portrange.go. Then the
// machine: worker.go, the thread that owns its ports and is the only one to touch
// their packets, with places.go, slots.go, socket.go and filter.go below it and
// send.go, receive.go and relay.go as its three jobs; plane.go, port.go, playback.go,
// bridge.go and recording.go are what callers see. Last the sound itself: prompt.go,
// law.go, tone.go, ringback.go, and decode.go with wav.go, mp3.go and resample.go.
//
// The package runs on Linux only: it sleeps in epoll and filters in the kernel.
package media
