package trace

import "log/slog"

// OpenSmallFile is OpenFile with another limit.
func OpenSmallFile(path string, limit int64, log *slog.Logger) (*File, error) {
	return openFile(path, limit, log)
}
