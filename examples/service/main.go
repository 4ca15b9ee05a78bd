// Command service is an HTTP service that signs forms. With the library's memory it is
// an example to copy from (stack.go); the same with memory from make (make.go) and from
// a sync.Pool (pool.go) is there to compare.
//
//	go run ./examples/service -memory stack -addr 127.0.0.1:8080
//	curl -d 'name=value&other=more' http://127.0.0.1:8080/sign
//	curl http://127.0.0.1:8080/debug/vars
//
// It reads a form, unescapes and sorts its fields, hashes and signs their canonical
// form, and answers in JSON. In the steady state a request allocates what net/http does,
// and nothing of its own: the tests say so of each part, and
//
//	go test -v -run TestWhatARequestTakes ./examples/service
//
// names the rest. What keeps it so while it runs:
//
//	stackalloc check ./examples/service    the blocks are proven to stay on the stack
//	/debug/vars, stackalloc.Heap           counts blocks that were made nevertheless, and HeapBytes their bytes
//	/debug/vars, stackalloc.Recycled       counts those that were reused, as on goroutines whose stack is still small
//	/debug/vars, stackalloc.sites          names the calls that took the most from the heap, with -trace
//
// For Prometheus the same counters come from examples/prometheus. How the three ways do
// under load is told by
//
//	cd benchmarks && go run ./load
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/stackalloc/stackalloc"
	counters "github.com/stackalloc/stackalloc/examples/expvar"
)

// maxBody bounds a request, in bytes: its length is the client's word, and memory is
// taken for it before the body has come.
const maxBody = 1 << 20

// A signer reads a form of size bytes from r and writes the reply to w.
type signer func(w io.Writer, r io.Reader, size int, key *[32]byte) error

var signers = map[string]signer{"make": signMake, "pool": signPool, "stack": signStack}

// contentType is one for all replies: a Header keeps the slice that it is given.
var contentType = []string{"application/json"}

func handler(s signer, key *[32]byte) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sign", func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.ContentLength < 0:
			http.Error(w, "a length is required", http.StatusLengthRequired)
			return
		case r.ContentLength > maxBody:
			http.Error(w, fmt.Sprintf("a form has at most %d bytes", maxBody), http.StatusRequestEntityTooLarge)
			return
		}
		w.Header()["Content-Type"] = contentType
		if err := s(w, r.Body, int(r.ContentLength), key); err != nil {
			http.Error(w, err.Error(), status(err))
		}
	})
	// A service that the world can reach has these at an address of their own.
	counters.Publish()
	mux.Handle("GET /debug/vars", http.DefaultServeMux)
	mux.HandleFunc("GET /debug/memory", writeMemory)
	return mux
}

// status returns the code for what a signer says: who is to blame.
func status(err error) int {
	for _, fault := range []error{errEscape, errDuplicate, errName, errFields, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, fault) {
			return http.StatusBadRequest
		}
	}
	return http.StatusInternalServerError
}

// writeMemory answers with what a measurement of the service asks for: collections,
// their pauses in ns, objects and bytes allocated so far, and bytes got from the system.
func writeMemory(w http.ResponseWriter, r *http.Request) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fmt.Fprintf(w, `{"collections":%d,"pauses":%d,"objects":%d,"bytes":%d,"system":%d}`+"\n", m.NumGC, m.PauseTotalNs, m.Mallocs, m.TotalAlloc, m.Sys)
}

// serve answers until ctx is done, and then finishes what has begun, for at most patience.
func serve(ctx context.Context, l net.Listener, h http.Handler, patience time.Duration) error {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	last, stop := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer stop()
	if err := s.Shutdown(last); err != nil {
		return fmt.Errorf("requests were cut off: %w", errors.Join(err, s.Close()))
	}
	return nil
}

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`address` to listen at")
	memory := flag.String("memory", "stack", "where memory comes from: make, pool or stack")
	trace := flag.Bool("trace", false, "name the calls whose blocks come from the heap, in /debug/vars")
	flag.Parse()
	s, ok := signers[*memory]
	if !ok || flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "service: -memory is make, pool or stack, not %q, and there are no arguments\n", *memory)
		os.Exit(2)
	}
	stackalloc.TraceHeap(*trace)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	key := [32]byte{1, 2, 3} // of a service that is an example only
	fmt.Println("listening at", l.Addr())
	if err := serve(ctx, l, handler(s, &key), 10*time.Second); err != nil {
		log.Fatal(err)
	}
}
