// Command dnsserver is an authoritative DNS server on miekg/dns for many zones, of
// which it takes for each question the longest that the name is in, as CoreDNS does. Its
// own memory is from make (make.go), from a sync.Pool (pool.go) or from this library
// (stack.go).
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"runtime"

	"github.com/miekg/dns"
)

func main() {
	n := flag.Int("zones", 20, "`pairs` of zones")
	from := flag.String("memory", "stack", "where memory comes from: make, pool or stack")
	flag.Parse()
	s := newServer(*n)
	answer := map[string]func(dns.ResponseWriter, *dns.Msg) error{"make": s.answerMake, "pool": s.answerPool, "stack": s.answerStack}[*from]
	if answer == nil {
		fmt.Fprintf(os.Stderr, "dnsserver: -memory is make, pool or stack, not %q\n", *from)
		os.Exit(2)
	}
	queries, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	// What the measurement asks for.
	memory, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go http.Serve(memory, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		fmt.Fprintf(w, `{"collections":%d,"pauses":%d,"objects":%d,"bytes":%d,"system":%d}`, m.NumGC, m.PauseTotalNs, m.Mallocs, m.TotalAlloc, m.Sys)
	}))
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, query *dns.Msg) {
		if err := answer(w, query); err != nil {
			log.Print(err)
		}
	})
	listening := func() { fmt.Println("listening at", queries.LocalAddr().String()+","+memory.Addr().String()) }
	log.Fatal((&dns.Server{PacketConn: queries, Handler: handler, NotifyStartedFunc: listening}).ActivateAndServe())
}
