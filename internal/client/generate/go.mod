module ringflow/internal/client/generate

go 1.26.0
