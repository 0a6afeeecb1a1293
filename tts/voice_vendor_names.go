package tts

import "strings"

// pollyVoices are the voices of Amazon Polly, by name in lower case and without
// accents.
var pollyVoices = func() map[string]vendorVoice {
	out := map[string]vendorVoice{}
	for line := range strings.Lines(`
arb     | zeina |
ar-AE   | hala | zayd
ca-ES   | arlet |
cmn-CN  | zhiyu |
cs-CZ   | jitka |
cy-GB   | gwyneth |
da-DK   | naja sofie | mads
de-AT   | hannah |
de-CH   | sabrina |
de-DE   | marlene vicki | hans daniel
en-AU   | nicole olivia | russell
en-GB   | amy emma | brian arthur geraint
en-IE   | niamh |
en-IN   | aditi raveena kajal |
en-NZ   | aria |
en-SG   | jasmine |
en-US   | ivy joanna kendra kimberly salli ruth danielle tiffany | joey justin kevin matthew gregory stephen patrick
en-ZA   | ayanda |
es-ES   | conchita lucia alba | enrique sergio raul
es-MX   | mia | andres
es-US   | lupe penelope | miguel pedro
fi-FI   | suvi |
fr-BE   | isabelle |
fr-CA   | chantal gabrielle | liam
fr-FR   | celine lea | mathieu remi
is-IS   | dora | karl
it-IT   | carla bianca beatrice | giorgio adriano lorenzo
ja-JP   | mizuki kazuha tomoko | takumi
ko-KR   | seoyeon jihye |
nb-NO   | liv ida |
nl-BE   | lisa |
nl-NL   | lotte laura | ruben
pl-PL   | ewa maja ola | jacek jan
pt-BR   | camila vitoria | ricardo thiago
pt-PT   | ines | cristiano
ro-RO   | carmen |
ru-RU   | tatyana | maxim
sv-SE   | astrid elin |
tr-TR   | filiz burcu |
yue-CN  | hiujin |
`) {
		columns := strings.Split(line, "|")
		if len(columns) != 3 {
			continue
		}
		for name, g := range genders(columns[1], columns[2]) {
			out[name] = vendorVoice{product: amazonPolly, language: strings.TrimSpace(columns[0]), gender: g}
		}
	}
	return out
}()

// genders reads names of female voices and of male ones.
func genders(females, males string) map[string]gender {
	out := map[string]gender{}
	for _, name := range strings.Fields(females) {
		out[name] = female
	}
	for _, name := range strings.Fields(males) {
		out[name] = male
	}
	return out
}

// googleLetters are the letters of the standard voices of Google Cloud, female and male, by
// languages; those of the first row hold for nearly all other languages.
var googleLetters = []struct{ languages, females, males string }{
	{"", "a c", "b d"},
	{"ar-xa cmn-cn id-id", "a d", "b c"},
	{"cmn-tw es-us", "a", "b c"},
	{"da-dk", "a d e f", "c g"},
	{"de-de", "a c f g", "b d e h"},
	{"en-gb", "a c f n", "b d o"},
	{"en-in hi-in pt-pt", "a d e", "b c f"},
	{"en-us", "c e f g h", "a b d i j"},
	{"es-es", "a c d f h", "b e g"},
	{"fil-ph ja-jp ko-kr", "a b", "c d"},
	{"fr-fr nb-no", "a c e f", "b d g"},
	{"it-it", "a b e", "c d f"},
	{"nl-nl pl-pl", "a d e f", "b c g"},
	{"pt-br tr-tr", "a c d", "b e"},
	{"ru-ru", "a c e", "b d"},
	{"sv-se", "a b c d f", "e g"},
}

// googleModels are the models whose letters, or names, mean the same in every language.
var googleModels = map[string]map[string]gender{
	"chirp-hd": genders("f o", "d"),
	"journey":  genders("f o", "d"),
	"news":     genders("k l", "n"),
	"casual":   genders("", "k"),
	"chirp3-hd": genders(
		"achernar aoede autonoe callirrhoe despina erinome gacrux kore laomedeia leda pulcherrima sulafat vindemiatrix zephyr",
		"achird algenib algieba alnilam charon enceladus fenrir iapetus orus puck rasalgethi sadachbia sadaltager schedar umbriel zubenelgenubi"),
}

// azureNames are the voices of Azure that are most in use.
var azureNames = genders(
	`agata agnieszka ana amber amala amelia aria ashley asilia aurora ava bella carla carly catherine clara colette cora dalia denise ela elena elisabeth elizabeth elsa
	elvira emel emily emma ela estrella eva fernanda fiona francisca gadis hayley heather helena hedda herena hilda hilde hollie hsiaochen hsiaoyu hillevi hiumaan hiugaai
	imelda ingrid iris irina isabella isadora ivy iza jacqueline jane jenny joanne josephine kalina katja kim klarissa leah leila leni libby lola louisa luna madison maisie
	manuela mayu michelle mia mina molly monica nanami nancy natalia natasha neerja noora olivia palmira paloma pernille premwadee rana raquel renata samantha sara salma selma
	seraphina serena shiori sobia sofia sofie sonia sunhi svetlana swara sylvie tania tanja thalita tina veronica viveka vivienne vlasta xiaoxiao xiaoyi xiaochen xiaohan xiaomo yan
	zariyah zira zofia zuzana dariya polina olena gabrijela ximena yelda brigitte celeste charline coralie yvette hoaimy fenna dena noemi marija athina charlotte christel jessa lisa`,
	`adam abdullah ahmet alain alessio alfie alonso andrew antoni antonio antoine asaf avri bart benigno benjamin bernd brandon brian byron calimero cataldo christoph christopher
	claude conrad cristiano damien daichi darren david davis derek diego dmitry donato duarte duncan eliot elliot emanuel enric eric ethan fabio fabrice farid filip finn florian francisco
	gerard gianni giorgio giuseppe guy hamed hans harri henri humberto injoon italo jacob jajoo james jan jason jean jeppe jerome jonas jorge julio karsten kasper keita kai ken killian
	krzysztof lander leandro liam libeiro lionel lisandro lucien luciano luke maarten madhur maxim marcello marek mattias maurice mitchell namminh nanjo neil nestor nicolau nil niwat noah
	oliver ostap pavel pelayo prabhat ralf ravi remy rinaldo roger rolf ryan saul shakir steffan teo thiery thierry thomas tim tony valerio wanlung william willem wayne yannick yunjhe
	yunjian yunxi yunyang zac luca naayf roland`)
