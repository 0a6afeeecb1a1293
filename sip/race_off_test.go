//go:build !race

package sip_test

const underRace = false
