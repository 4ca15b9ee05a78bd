//go:build generated_profile

package kit

import (
	"os"
	"runtime/pprof"
)

func init() {
	profiled = func(f func()) {
		file, err := os.Create(os.Getenv("GENERATED_PROFILE"))
		if err != nil {
			panic(err)
		}
		if err := pprof.StartCPUProfile(file); err != nil {
			panic(err)
		}
		f()
		pprof.StopCPUProfile()
		if err := file.Close(); err != nil {
			panic(err)
		}
	}
}
