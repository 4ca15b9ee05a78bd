// Command dnsserver is an authoritative DNS server on miekg/dns for many zones, of
// which it takes for each question the longest that the name is in, as CoreDNS does.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"runtime"
	"strings"

	"github.com/miekg/dns"
)

// zones are those that the server answers for.
func zones(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("zone%d.example.", i), fmt.Sprintf("deep.part.zone%d.example.", i))
	}
	return all
}

type server struct {
	zones []string
}

// zoneOf returns the longest zone that name is in.
func (s *server) zoneOf(name string) (zone string) {
	most := 0
	for _, z := range s.zones {
		if dns.IsSubDomain(z, name) {
			if labels := dns.CountLabel(z); labels > most {
				zone, most = z, labels
			}
		}
	}
	return zone
}

func (s *server) ServeDNS(w dns.ResponseWriter, query *dns.Msg) {
	reply := new(dns.Msg)
	reply.SetReply(query)
	reply.Authoritative = true
	name := strings.ToLower(query.Question[0].Name)
	switch zone := s.zoneOf(name); {
	case zone == "":
		reply.Rcode = dns.RcodeRefused
	case query.Question[0].Qtype == dns.TypeA:
		labels := dns.CompareDomainName(zone, name)
		reply.Answer = append(reply.Answer, &dns.A{
			Hdr: dns.RR_Header{Name: query.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60},
			A:   net.IPv4(127, 0, 0, byte(labels)),
		})
	}
	if err := w.WriteMsg(reply); err != nil {
		log.Print(err)
	}
}

func main() {
	n := flag.Int("zones", 20, "`pairs` of zones")
	flag.Parse()
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
	s := &dns.Server{PacketConn: queries, Handler: &server{zones(*n)}, NotifyStartedFunc: func() {
		fmt.Println("listening at", queries.LocalAddr().String()+","+memory.Addr().String())
	}}
	log.Fatal(s.ActivateAndServe())
}
