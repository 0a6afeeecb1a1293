package media

import "errors"

func LoadPrompt(data []byte) (*Prompt, error) { return nil, errors.New("todo") }
func DecodePCM(data []byte) ([]int16, error)  { return nil, errors.New("todo") }
func EncodeWAV(pcm []int16) []byte            { return nil }
