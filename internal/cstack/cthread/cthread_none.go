//go:build !(cgo && !windows)

// Package cthread runs Go code on threads that C made: in this build it cannot.
package cthread

import "errors"

func Run(stack int, f func()) error { return errors.New("no threads made by C in this build") }
