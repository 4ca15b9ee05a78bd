// Package race reads files.
package race

import (
	"net"
	"os"

	"github.com/stackalloc/stackalloc"
	"github.com/stackalloc/stackalloc/scratch"
)

// Loss: … to a file or socket, in a build with `-race`
//
// flags: -race
func file(n int, f *os.File, c *net.TCPConn) {
	stackalloc.Do(n, func(b []byte) { f.Read(b) })
	stackalloc.Do(n, func(b []byte) { c.Write(b) })
}

// Cure: `scratch`
//
// flags: -race
func fileCured(n int, f *os.File, c *net.TCPConn) {
	scratch.Do(n, func(b []byte) { f.Read(b) })
	scratch.Do(n, func(b []byte) { c.Write(b) })
}
