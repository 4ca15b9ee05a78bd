//go:build !goexperiment.arenas

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "built without GOEXPERIMENT=arenas")
	os.Exit(1)
}
