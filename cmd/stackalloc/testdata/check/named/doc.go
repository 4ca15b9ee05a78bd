// Package named has files with names that files of the library have too: the compiler
// gives their logs the same name.
package named

var keep []byte
