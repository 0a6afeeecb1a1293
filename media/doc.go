// Package media is the sound of calls: RTP ports, the clock that paces them,
// prompts, tones, digits, bridges and recordings, all at 8 kHz and in G.711.
//
// It deliberately knows nothing of SIP, flows or speech engines: it is handed
// what offer and answer agreed on (media/sdp) and sound as samples or files.
//
// Read it in this order. Pure parts: clock.go (the absolute clock and its
// slots), packet.go, stream.go (what leaves), latch.go, reception.go and
// events.go (what arrives), portrange.go. Then the machine: worker.go, the
// thread that owns its ports and is the only one to touch their packets, with
// socket.go and filter.go below it and send.go, receive.go, relay.go as its
// three jobs; plane.go and port.go are what callers see. Last the sound itself:
// prompt.go, tone.go, ringback.go, decode.go with wav.go, mp3.go, resample.go.
//
// The package runs on Linux only: it sleeps in epoll and filters in the kernel.
package media
