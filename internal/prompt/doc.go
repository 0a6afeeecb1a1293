// Package prompt stores the audio files that flows name, and finds the audio that a
// step plays: a stored file, or speech that tts renders.
//
// It deliberately knows neither calls nor HTTP.
package prompt
