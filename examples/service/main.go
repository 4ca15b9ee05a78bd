// Command service is an HTTP service that signs forms, three times over: with
// memory from make, from a sync.Pool, and from this library.
//
//	go run ./examples/service -memory stack -addr 127.0.0.1:8080
//	curl -d 'name=value&other=more' http://127.0.0.1:8080/sign
//
// It reads a form, unescapes and sorts its fields, hashes and signs their canonical
// form, and answers in JSON. The library's counters stand at /debug/vars.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"runtime"

	counters "github.com/stackalloc/stackalloc/examples/expvar"
)

// maxBody bounds a request, in bytes.
const maxBody = 1 << 20

// A signer reads a form of size bytes from r and writes the reply to w.
type signer func(w io.Writer, r io.Reader, size int, key *[32]byte) error

var signers = map[string]signer{"make": signMake, "pool": signPool, "stack": signStack}

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
		w.Header().Set("Content-Type", "application/json")
		if err := s(w, r.Body, int(r.ContentLength), key); err != nil {
			status := http.StatusBadRequest
			if !errors.Is(err, errEscape) && !errors.Is(err, errDuplicate) && !errors.Is(err, errName) {
				status = http.StatusInternalServerError
			}
			http.Error(w, err.Error(), status)
		}
	})
	counters.Publish()
	mux.Handle("GET /debug/vars", http.DefaultServeMux)
	mux.HandleFunc("GET /debug/memory", writeMemory)
	return mux
}

// writeMemory answers with what a measurement of the service asks for: collections,
// their pauses in ns, objects and bytes allocated so far, and bytes got from the system.
func writeMemory(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Has("gc") {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fmt.Fprintf(w, `{"collections":%d,"pauses":%d,"objects":%d,"bytes":%d,"system":%d}`+"\n", m.NumGC, m.PauseTotalNs, m.Mallocs, m.TotalAlloc, m.Sys)
}

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "`address` to listen at")
	memory := flag.String("memory", "stack", "where memory comes from: make, pool or stack")
	flag.Parse()
	s, ok := signers[*memory]
	if !ok {
		fmt.Fprintf(os.Stderr, "service: -memory is make, pool or stack, not %q\n", *memory)
		os.Exit(2)
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	key := [32]byte{1, 2, 3} // of a service that is an example only
	fmt.Println("listening at", l.Addr())
	log.Fatal(http.Serve(l, handler(s, &key)))
}
