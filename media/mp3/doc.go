// Package mp3 decodes MPEG-1, MPEG-2 and MPEG-2.5 audio layer III, frame by frame,
// to one channel of samples: those of stereo are averaged. It knows what a frame
// is, and nothing of files, tags or prompts: who reads a file finds its frames.
//
// Sources: ISO/IEC 11172-3 (MPEG-1), ISO/IEC 13818-3 (MPEG-2: half the rates), and
// for MPEG-2.5, Fraunhofer's extension to 8, 11.025 and 12 kHz that no standard
// holds, what its encoders write.
//
// Read it in this order: header.go, decoder.go, side.go, scalefactors.go,
// huffman.go, spectrum.go, stereo.go, hybrid.go, synthesis.go.
package mp3
