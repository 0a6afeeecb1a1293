package tts

import (
	"cmp"
	"fmt"
	"path"
	"strconv"
	"strings"
)

// espeakVoices are the voices of espeak-ng by file name, which every release accepts.
// Immutable.
type espeakVoices struct {
	byTag    map[string]espeakVoice // the voice of a language tag in lower case
	byName   map[string]espeakVoice // names, files and the last parts of files, in lower case
	variants map[string]string      // names and files in lower case: what is written behind a +
}

// espeakVoice is one line of the list.
type espeakVoice struct {
	file     string
	tag      string // its own language, in lower case
	gender   gender
	priority int // for the tag under which it stands; lower is better
}

// readEspeakVoices reads espeak-ng's tables of voices, MBROLA voices and variants, of which
// each line is
//
//	priority language age/gender name file (further-language priority)…
func readEspeakVoices(plain, mbrola, variants string) espeakVoices {
	v := espeakVoices{byTag: map[string]espeakVoice{}, byName: map[string]espeakVoice{}, variants: map[string]string{}}
	for i, table := range []string{plain, mbrola} {
		for line := range strings.Lines(table) {
			v.add(line, i == 0)
		}
	}
	for line := range strings.Lines(variants) {
		if words, file, _, ok := espeakLine(line); ok {
			file = strings.TrimPrefix(file, "!v/")
			v.variants[strings.ToLower(words[3])], v.variants[strings.ToLower(file)] = file, file
		}
	}
	return v
}

// espeakLine splits a line: the words before the file name, which may have blanks, and those
// behind it.
func espeakLine(line string) (words []string, file, others string, ok bool) {
	words = strings.Fields(line)
	if len(words) < 5 || words[1] == "Language" {
		return nil, "", "", false
	}
	_, rest, _ := strings.Cut(line, " "+words[3]+" ")
	file, others, _ = strings.Cut(rest, "(")
	return words, strings.TrimSpace(file), others, true
}

// add adds a voice by its names, and by its languages if it is for them by default.
func (v *espeakVoices) add(line string, speaks bool) {
	words, file, others, ok := espeakLine(line)
	if !ok {
		return
	}
	one := espeakVoice{file: file, tag: strings.ToLower(words[1]), gender: male}
	one.priority, _ = strconv.Atoi(words[0])
	if strings.HasSuffix(words[2], "/F") {
		one.gender = female
	}
	for _, name := range []string{words[3], file, path.Base(file)} {
		if key := strings.ToLower(name); v.byName[key].file == "" {
			v.byName[key] = one
		}
	}
	if !speaks {
		return
	}
	v.speaks(one.tag, one)
	for _, other := range strings.Split(others, "(") {
		if w := strings.Fields(strings.Trim(other, " )\n")); len(w) == 2 {
			one.priority, _ = strconv.Atoi(w[1])
			v.speaks(strings.ToLower(w[0]), one)
		}
	}
}

// speaks sets the voice of a tag unless an earlier one has the same priority or better.
func (v *espeakVoices) speaks(tag string, one espeakVoice) {
	if held, ok := v.byTag[tag]; !ok || one.priority < held.priority || one.priority == held.priority && one.tag == tag && held.tag != tag {
		v.byTag[tag] = one
	}
}

// language returns the voice of a language.
func (v *espeakVoices) language(language string) (espeakVoice, bool) {
	tag, ok := lookUp(language, func(tag string) bool { return v.byTag[tag].file != "" })
	return v.byTag[tag], ok
}

// named returns the voice of one of espeak-ng's names: a language tag, name or file, perhaps
// with a variant behind a +.
func (v *espeakVoices) named(name string) (Voice, bool) {
	base, variant, varied := strings.Cut(strings.ToLower(name), "+")
	one, ok := v.byTag[base]
	if !ok {
		one, ok = v.byName[base]
	}
	if !ok && isLocale(base) {
		one, ok = v.language(base)
	}
	if !ok || !varied {
		return v.voice(one, ""), ok
	}
	variant, ok = v.variants[variant]
	return v.voice(one, variant), ok
}

// voice is a voice of the list with a variant, if given.
func (v *espeakVoices) voice(one espeakVoice, variant string) Voice {
	out := Voice{ID: one.file, Name: one.file, Language: one.tag}
	if v.byTag[one.tag].file == one.file {
		out.Name = one.tag
	}
	if variant != "" {
		out.ID, out.Name = out.ID+"+"+variant, out.Name+"+"+variant
	}
	return out
}

// like returns a voice of the language and, if there is a variant for it, of the gender.
func (v *espeakVoices) like(language string, g gender) (Voice, bool) {
	one, ok := v.language(language)
	if !ok || g == unknown || g == one.gender {
		return v.voice(one, ""), ok
	}
	for _, name := range map[gender][]string{female: {"f3", "f2", "f1", "annie"}, male: {"m3", "m2", "m1"}}[g] {
		if variant := v.variants[name]; variant != "" {
			return v.voice(one, variant), true
		}
	}
	return v.voice(one, ""), true
}

// choose returns the voice for a language and a name, each of which may be empty; one like
// it for a voice of another product. It returns ErrVoice.
func (v *espeakVoices) choose(language, name string) (Voice, error) {
	if name != "" {
		return v.chooseNamed(language, name)
	}
	language = cmp.Or(language, defaultLanguage)
	one, ok := v.language(language)
	if !ok {
		return Voice{}, fmt.Errorf("%w: none speaks %q: write a language that it has, such as en-US (espeak-ng --voices lists them)", ErrVoice, language)
	}
	chosen := v.voice(one, "")
	if asked, has := region(language), region(one.tag); asked != "" && has != "" && asked != has {
		chosen.Substitute = fmt.Sprintf("no voice speaks %s: that of %s does", language, one.tag)
	}
	return chosen, nil
}

func (v *espeakVoices) chooseNamed(language, name string) (Voice, error) {
	if chosen, ok := v.named(name); ok {
		_, variant, _ := strings.Cut(chosen.ID, "+")
		if one, ok := v.language(language); ok {
			chosen.apart(name+" speaks "+chosen.Language, language, v.voice(one, variant))
		}
		return chosen, nil
	}
	like, ok := findVendorVoice(name)
	if !ok {
		return Voice{}, fmt.Errorf("%w: %q: leave it out for the language's own, or write one that it has, such as en-us or en-us+f3 (espeak-ng --voices and --voices=variant list them)", ErrVoice, name)
	}
	asked := language
	language = cmp.Or(like.language, language, defaultLanguage)
	chosen, ok := v.like(language, like.gender)
	if !ok {
		return Voice{}, fmt.Errorf("%w: %s is %s, and none speaks %q", ErrVoice, name, like, language)
	}
	if like.product == twilio { // which names a gender alone
		return chosen, nil
	}
	chosen.Substitute = fmt.Sprintf("%s is %s: %s speaks in its place", name, like, chosen.Name)
	if better, ok := v.like(asked, like.gender); ok {
		chosen.apart(fmt.Sprintf("%s is %s", name, like), asked, better)
	}
	return chosen, nil
}

// apart sets Mismatch where the voice has another language than asked for.
func (c *Voice) apart(what, asked string, better Voice) {
	if spoken(c.Language) != spoken(better.Language) {
		c.Mismatch = fmt.Sprintf("%s, and the text is %s: %s speaks that", what, asked, better.Name)
	}
}

// spoken is a language tag without its region; zh for all of China's.
func spoken(tag string) string {
	language, _, _ := strings.Cut(strings.ToLower(tag), "-")
	switch language {
	case "cmn", "yue", "hak":
		return "zh"
	}
	return language
}

// defaultLanguage is the language of a speech that names none.
const defaultLanguage = "en-us"
