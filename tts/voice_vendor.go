package tts

import (
	"regexp"
	"slices"
	"strings"
)

// vendorVoice is a voice of another product, for the choice of one like it.
type vendorVoice struct {
	product  string
	language string // empty: that of the text
	gender   gender
}

// String describes the voice.
func (v vendorVoice) String() string {
	what := strings.TrimSpace(string(v.gender)+" voice") + " of " + v.product
	if v.language != "" {
		what += " for " + v.language
	}
	return "a " + what
}

// Products whose voices are known.
const (
	amazonPolly = "Amazon Polly"
	googleCloud = "Google Cloud"
	azure       = "Azure"
	twilio      = "Twilio"
	elevenLabs  = "ElevenLabs"
)

var (
	// vendors are prefixes of voice names, in lower case: Polly.Joanna.
	vendors = map[string]string{
		"polly": amazonPolly, "amazon": amazonPolly, "aws": amazonPolly,
		"google": googleCloud, "gcloud": googleCloud,
		"azure": azure, "microsoft": azure,
		"elevenlabs": elevenLabs,
	}
	// twilioVoices have the language of the text.
	twilioVoices = genders("woman alice", "man")
	// pollyEngine is the suffix of an engine of Amazon Polly.
	pollyEngine = regexp.MustCompile(`(?i)(-(neural|generative|standard|long-form)|:[a-z0-9:-]*)$`)
	// googleName is a language, a model, and a letter or a name: de-DE-Wavenet-B,
	// en-US-Chirp3-HD-Aoede.
	googleName = regexp.MustCompile(`(?i)^([a-z]{2,3}-[a-z0-9]{2,3})-(standard|wavenet|neural2|studio|polyglot|news|casual|journey|chirp-hd|chirp3-hd)-([a-z0-9]+)$`)
	// azureName is a language, perhaps with a dialect, a name and a model: en-US-JennyNeural,
	// de-DE-FlorianMultilingualNeural, en-US-Ava:DragonHDLatestNeural.
	azureName = regexp.MustCompile(`(?i)^(?:([a-z]{2,3}-(?:[a-z]{4}-)?[a-z0-9]{2,3})(?:-[a-z]+)?-)?([a-z]+?)(?:multilingual|turbo|dialects)*(?::?(?:dragonhd[a-z0-9]*|neural[a-z0-9]*|rus|apollo))$`)
	// azureLongName holds a voice's short name in parts: Microsoft Server Speech Text
	// to Speech Voice (en-US, JennyNeural).
	azureLongName = regexp.MustCompile(`(?i)^microsoft server speech text to speech voice \(([a-z0-9-]+), ?([a-z0-9:]+)\)$`)
)

// findVendorVoice finds a voice of another product by its name. Behind the prefix of a
// product any name is one: products add voices every year.
func findVendorVoice(name string) (vendorVoice, bool) {
	if m := azureLongName.FindStringSubmatch(name); m != nil {
		name = m[1] + "-" + m[2]
	}
	product := ""
	if before, after, cut := strings.Cut(name, "."); cut {
		if product = vendors[strings.ToLower(before)]; product == "" {
			return vendorVoice{}, false
		}
		name = after
	}
	if g, ok := twilioVoices[strings.ToLower(name)]; ok && product == "" {
		return vendorVoice{product: twilio, gender: g}, true
	}
	for _, find := range []func(string) (vendorVoice, bool){google, azureVoice, polly} {
		if v, ok := find(name); ok && (product == "" || product == v.product) {
			return v, true
		}
	}
	return vendorVoice{product: product}, product != "" && name != ""
}

func polly(name string) (vendorVoice, bool) {
	v, ok := pollyVoices[stripAccents(pollyEngine.ReplaceAllString(name, ""))]
	return v, ok
}

func google(name string) (vendorVoice, bool) {
	m := googleName.FindStringSubmatch(name)
	if m == nil {
		return vendorVoice{}, false
	}
	language, model, letter := m[1], strings.ToLower(m[2]), strings.ToLower(m[3])
	voices, byModel := googleModels[model]
	if !byModel {
		row := googleLetters[0]
		for _, other := range googleLetters {
			if slices.Contains(strings.Fields(other.languages), strings.ToLower(language)) {
				row = other
			}
		}
		voices = genders(row.females, row.males)
	}
	return vendorVoice{product: googleCloud, language: language, gender: voices[letter]}, true
}

func azureVoice(name string) (vendorVoice, bool) {
	m := azureName.FindStringSubmatch(name)
	if m == nil || m[1] == "" && azureNames[strings.ToLower(m[2])] == unknown { // another word with that ending
		return vendorVoice{}, false
	}
	language := m[1]
	if strings.EqualFold(language, "zh-HK") { // Azure's tag of Cantonese
		language = "yue-HK"
	}
	return vendorVoice{product: azure, language: language, gender: azureNames[strings.ToLower(m[2])]}, true
}

// stripAccents removes the accents of some spellings.
func stripAccents(name string) string {
	return strings.NewReplacer("é", "e", "ó", "o", "í", "i", "á", "a", "ê", "e", "ë", "e", "è", "e").Replace(strings.ToLower(name))
}
