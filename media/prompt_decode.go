package media

import (
	"errors"
	"fmt"
	"time"
)

const (
	// maxFile is the largest audio file, in bytes.
	maxFile = 64 << 20
	// maxAudio is the longest prompt.
	maxAudio = 30 * time.Minute
	// minRate and maxRate bound sample rates, in Hz.
	minRate, maxRate = 4000, 192000
)

// ErrAudio is wrapped by every error about an audio file: not readable, too large or too
// long.
var ErrAudio = errors.New("unusable audio file")

// ErrNoSamples is wrapped, with ErrAudio, by the errors about a readable file without a
// sample. Silence is audio.
var ErrNoSamples = fmt.Errorf("%w: there is no audio in it", ErrAudio)

// LoadPrompt decodes a file as DecodePCM does.
func LoadPrompt(data []byte) (*Prompt, error) {
	pcm, err := DecodePCM(data)
	if err != nil {
		return nil, err
	}
	return NewPrompt(pcm), nil
}

// DecodePCM decodes a WAV or MP3 file, recognised by its content, to linear samples at 8 kHz,
// mono: WAV of PCM, floating point, A-law, µ-law, IMA or Microsoft ADPCM, or MP3; MPEG-1, 2
// and 2.5 layer III. Channels are averaged; other rates are resampled, freed of DC, and
// attenuated if they would clip. The error names other formats.
//
// Files have at most 64 MB and 30 minutes, and at least one sample; all errors wrap ErrAudio.
func DecodePCM(data []byte) (pcm []int16, err error) {
	kind, sure := foreignFormat(data)
	foreign := fmt.Errorf("%w: neither WAV nor MP3", ErrAudio)
	if kind != "" {
		foreign = fmt.Errorf("%w: %s, want WAV or MP3", ErrAudio, kind)
	}
	switch {
	case len(data) > maxFile:
		return nil, fmt.Errorf("%w: %d bytes, want at most %d", ErrAudio, len(data), maxFile)
	case isWAV(data):
		pcm, err = decodeWAV(data)
	case sure:
		return nil, foreign
	default:
		if pcm, err = decodeMP3(data); errors.Is(err, errNoFrame) {
			return nil, foreign
		}
	}
	if err == nil && len(pcm) == 0 {
		return nil, fmt.Errorf("%w: its samples come to none at %d Hz", ErrNoSamples, sampleRate)
	}
	return pcm, err
}

// errTooLong: the audio is longer than a prompt may be.
var errTooLong = fmt.Errorf("%w: longer than %v", ErrAudio, maxAudio)

// checkLength bounds the decoded length.
func checkLength(samples, rate int) error {
	if got := time.Duration(samples/rate) * time.Second; got > maxAudio {
		return errTooLong
	}
	return nil
}

func checkRate(rate int) error {
	if rate < minRate || rate > maxRate {
		return fmt.Errorf("%w: %d samples a second, want %d–%d", ErrAudio, rate, minRate, maxRate)
	}
	return nil
}
