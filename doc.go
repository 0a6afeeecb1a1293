// Package ringflow is the top of the tree. It holds no code: its tests hold the
// rules of the house (ranks_test.go and its neighbours), and ARCHITECTURE.md
// says how to read what lies below.
package ringflow
