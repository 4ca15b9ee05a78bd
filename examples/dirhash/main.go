// Command dirhash prints the SHA-256 of every regular file below the folders
// given, in the format of sha256sum, so that sha256sum -c accepts it.
//
//	go run ./examples/dirhash [-stats] [-workers N] DIR…
//
// Files are read by parallel workers, each through a block on the goroutine's
// stack whose size follows the file's, and printed in the order of the walk.
// What cannot be read is reported on standard error, the rest is done, and the
// exit status is 1.
package main

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/stackalloc/stackalloc"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) (status int) {
	flags := flag.NewFlagSet("dirhash", flag.ContinueOnError)
	flags.SetOutput(stderr)
	stats := flags.Bool("stats", false, "add where the blocks were and how fast it went, on standard error")
	workers := flags.Int("workers", runtime.GOMAXPROCS(0), "read this many files at a time")
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: dirhash [-stats] [-workers N] DIR…\n\nPrints the SHA-256 of every regular file below DIR in the format of sha256sum.")
		flags.PrintDefaults()
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() == 0:
		flags.Usage()
		return 2
	case *workers < 1:
		fmt.Fprintf(stderr, "dirhash: -workers %d: at least one is needed\n", *workers)
		return 2
	}

	start, before := time.Now(), stackalloc.ReadStats()
	out := bufio.NewWriter(stdout)
	files, bytes := 0, int64(0)
	for job := range hashAll(flags.Args(), *workers) {
		r := <-job.done
		if r.err != nil {
			fmt.Fprintf(stderr, "dirhash: %v\n", r.err)
			status = 1
			continue
		}
		files++
		bytes += r.size
		fmt.Fprintln(out, line(r.sum, job.path))
	}
	if err := out.Flush(); err != nil {
		fmt.Fprintf(stderr, "dirhash: writing the sums: %v\n", err)
		return 1
	}
	if *stats {
		used := stackalloc.ReadStats()
		recycled, heap := used.Recycled-before.Recycled, used.Heap-before.Heap
		took := time.Since(start)
		fmt.Fprintf(stderr, "%d files, %d bytes, %v, %.0f MB/s\n", files, bytes, took.Round(time.Millisecond), float64(bytes)/1e6/took.Seconds())
		fmt.Fprintf(stderr, "blocks: %d on the stack, %d recycled, %d on the heap (%s)\n",
			uint64(blocks.Load())-recycled-heap, recycled, heap, stackalloc.Implementation())
	}
	return status
}

// A job is a file on its way through the workers, or what went wrong in the walk.
type job struct {
	path string
	done chan result // buffered: no worker waits for the printer
}

type result struct {
	sum  [sha256.Size]byte
	size int64
	err  error
}

// hashAll returns the regular files below the roots in the order of the walk,
// while workers hash them.
func hashAll(roots []string, workers int) <-chan job {
	ordered := make(chan job, 16*workers) // bounds what is in flight
	todo := make(chan job)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for j := range todo {
				j.done <- hashFile(j.path)
			}
		})
	}
	go func() {
		for _, root := range roots {
			_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
				j := job{path, make(chan result, 1)}
				switch {
				case err != nil:
					j.done <- result{err: err} // and go on beside it
				case !entry.Type().IsRegular():
					return nil
				default:
					todo <- j
				}
				ordered <- j
				return nil
			})
		}
		close(todo)
		wg.Wait()
		close(ordered)
	}()
	return ordered
}

func hashFile(path string) (r result) {
	f, err := os.Open(path)
	if err != nil {
		return result{err: err}
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return result{err: err}
	}
	r.sum, r.size, r.err = hash(f, blockSize(info.Size()))
	return r
}

const (
	minBlock = 512      // also for files that say they are empty, as those of /proc do
	maxBlock = 64 << 10 // larger ones do not make reading faster
)

// blockSize returns a block for a file of size bytes: one byte more than those,
// so that a single read also finds the end.
func blockSize(size int64) int {
	return int(min(max(size+1, minBlock), maxBlock))
}

// line formats a sum as sha256sum does: in a name, a backslash, newline or
// carriage return is escaped, and then a backslash starts the line.
func line(sum [sha256.Size]byte, path string) string {
	name := escaper.Replace(path)
	mark := ""
	if name != path {
		mark = `\`
	}
	return fmt.Sprintf("%s%x  %s", mark, sum, name)
}

var escaper = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`)
