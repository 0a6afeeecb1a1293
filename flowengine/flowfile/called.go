package flowfile

// ReadName returns what a flow file says that the flow is called and does, also of
// a file that holds mistakes elsewhere. It is false if that cannot be read.
func ReadName(file []byte) (name, description string, told bool) {
	root, err := readNode("", file)
	if err != nil || root.kind != nodeMapping {
		return "", "", false
	}
	text := func(key string) string {
		if v := root.field(key); v != nil && v.kind == nodeScalar && !v.null {
			return v.text
		}
		return ""
	}
	name = text("name")
	return name, text("description"), name != ""
}
