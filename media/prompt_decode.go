package media

import (
	"errors"
	"fmt"
	"time"
)

const (
	// maxFile is the size up to which a sound file is read, in bytes.
	maxFile = 64 << 20
	// maxAudio is how long a prompt may be.
	maxAudio = 30 * time.Minute
	// minRate and maxRate bound the sample rates that are read, in Hz.
	minRate, maxRate = 4000, 192000
)

// ErrAudio is wrapped by every error about a sound file: it is no file that can
// be read, or it is larger or longer than a prompt may be.
var ErrAudio = errors.New("unusable sound file")

// ErrNoSamples is wrapped, with ErrAudio, by the errors about a file that can be
// read and in which there is no sample of sound. Silence is sound.
var ErrNoSamples = fmt.Errorf("%w: there is no sound in it", ErrAudio)

// LoadPrompt reads a WAV or MP3 file, told apart by content, as DecodePCM does.
func LoadPrompt(data []byte) (*Prompt, error) {
	pcm, err := DecodePCM(data)
	if err != nil {
		return nil, err
	}
	return NewPrompt(pcm), nil
}

// DecodePCM reads a WAV or MP3 file as linear samples at 8 kHz, mono. WAV may hold
// PCM, floating point, A-law, µ-law, IMA or Microsoft's ADPCM, or MP3; MP3 is layer
// III of MPEG-1, 2 and 2.5. Other kinds of sound are named in the error. Channels
// are averaged, other rates are filtered and resampled, freed of DC, and turned
// down if the filter's overshoot would clip. Sound at 8 kHz keeps its samples.
//
// Files are at most 64 MB and sound at most 30 minutes long, and at least one
// sample; all errors wrap ErrAudio.
func DecodePCM(data []byte) ([]int16, error) {
	pcm, err := decodePCM(data)
	if err == nil && len(pcm) == 0 {
		return nil, fmt.Errorf("%w: its samples come to none at %d Hz", ErrNoSamples, sampleRate)
	}
	return pcm, err
}

func decodePCM(data []byte) ([]int16, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("%w: %d bytes, want at most %d", ErrAudio, len(data), maxFile)
	}
	if isWAV(data) {
		return decodeWAV(data)
	}
	kind, sure := foreignFormat(data)
	if sure {
		return nil, fmt.Errorf("%w: %s, want WAV or MP3", ErrAudio, kind)
	}
	pcm, err := decodeMP3(data)
	if errors.Is(err, errNoFrame) {
		if kind == "" {
			return nil, fmt.Errorf("%w: neither WAV nor MP3", ErrAudio)
		}
		return nil, fmt.Errorf("%w: %s, want WAV or MP3", ErrAudio, kind)
	}
	return pcm, err
}

// errTooLong is returned for a file of more sound than a prompt may have.
var errTooLong = fmt.Errorf("%w: longer than %v", ErrAudio, maxAudio)

// checkLength bounds what a file may unpack to.
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
