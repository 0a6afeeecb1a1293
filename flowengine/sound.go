package flowengine

// Sound is the field of a component that plays something: text to speak or a
// stored prompt. Turn.Audio replaces its variables. Sounds without variables
// are prepared when an execution starts.
type Sound struct {
	Say  *Say `field:"say" oneof:"source" doc:"Text that is spoken."`
	File Text `field:"file" oneof:"source" is:"prompt" doc:"The name of a stored prompt."`
}

// Say is text to speak.
type Say struct {
	Text     Text   `field:"text" required:"true" max:"3000" doc:"What is said."`
	Language string `field:"language" is:"language" default:"en-US" doc:"The language to speak it in, as in BCP 47."`
	Voice    string `field:"voice" doc:"The voice; left out, the engine's own for the language."`
}
