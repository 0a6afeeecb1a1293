package config

// Traces says what is kept of the messages of calls, in DATA/traces.
type Traces struct {
	Calls     string `yaml:"calls" reload:"restart" default:"all" form:"trace policy" doc:"of which calls messages are kept after their end: all, failed (those that a trunk failed, that were blocked, or of which nothing was heard) or none (nor of those that live)"`
	Days      Days   `yaml:"days" reload:"live" default:"7" doc:"how many days they are kept, and no longer than the shortest retention_days; 0 is for as long as megabytes suffice"`
	Megabytes int    `yaml:"megabytes" reload:"restart" default:"1024" min:"16" doc:"disk that they may take; the oldest go first, half of it is for calls that failed. A call takes some 5 to 15 kB"`
}

// HEP is a server that SIP messages are sent to as they go.
type HEP struct {
	Server   string `yaml:"server" reload:"restart" form:"HEP server" doc:"host:port of a server that takes HEP 3 over UDP, such as Homer's heplify-server at 192.0.2.7:9060; without it nothing is sent"`
	ID       int    `yaml:"id" reload:"restart" default:"2001" min:"1" doc:"the number by which the server knows this machine (capture agent id)"`
	Password string `yaml:"password" reload:"restart" doc:"the server's authentication key, if it wants one; it travels in plain text"`
}
