// Package media is the audio of calls: RTP ports, the clock that paces them, prompts,
// tones, DTMF digits, bridges, recordings and taps, as 8 kHz linear samples inside.
//
// It knows nothing of SIP, flows or speech engines: its callers pass what offer and
// answer agreed on (media/sdp), and audio as samples or files. It runs on Linux only,
// with epoll and a socket filter.
//
// The prefixes of the file names are its parts: rtp_ (packets, streams, reception),
// srtp_ (their encryption), source_ (which source is the far end), dtmf_ (RFC 4733),
// codec_ (codecs, and how each is sent), bridge_, plane_ (worker thread, clock, slots),
// port_ (one leg's RTP), prompt_, tone_, wav_, mp3_.
// Start with plane.go, port.go and plane_worker.go.
package media
