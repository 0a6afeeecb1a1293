// Package share divides what there is little of, such as processes that run at
// once, among accounts, so that none takes all of it from another.
//
// It deliberately does not know what is divided.
package share
