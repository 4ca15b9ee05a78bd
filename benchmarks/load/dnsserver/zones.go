package main

import (
	"fmt"

	"github.com/miekg/dns"
)

// A server answers for zones, in each of which it has some hosts.
type server struct {
	zones []string
	hosts map[string][4]byte // by names in lower case
}

// newServer returns one for n pairs of zones.
func newServer(n int) *server {
	s := &server{hosts: map[string][4]byte{}}
	for i := range n {
		for _, zone := range []string{fmt.Sprintf("zone%d.example.", i), fmt.Sprintf("deep.part.zone%d.example.", i)} {
			s.zones = append(s.zones, zone)
			s.hosts[zone] = [4]byte{127, 0, byte(i), 100}
			for j := range 100 {
				s.hosts[fmt.Sprintf("host%d.%s", j, zone)] = [4]byte{127, 0, byte(i), byte(j)}
			}
		}
	}
	return s
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

// ttl is that of all answers, in seconds.
const ttl = 60

// maxReply is the usual limit of a reply, in bytes, and more than any here has. A longer
// one takes its memory from make.
const maxReply = 512

// A message is a reply with all that it points to, so that it can be used again as a
// whole.
type message struct {
	reply    dns.Msg
	question [1]dns.Question
	answer   [1]dns.RR
	a        dns.A
	addr     [4]byte
}

// begin makes m, which is zero, a reply to query, as SetReply of miekg/dns does.
func (m *message) begin(query *dns.Msg) {
	m.reply.Id = query.Id
	m.reply.Response = true
	m.reply.Opcode = query.Opcode
	if query.Opcode == dns.OpcodeQuery {
		m.reply.RecursionDesired = query.RecursionDesired
		m.reply.CheckingDisabled = query.CheckingDisabled
	}
	m.question[0] = query.Question[0]
	m.reply.Question = m.question[:]
	m.reply.Authoritative = true
}

// say has the reply say what is known of the name that was asked for: the zone that it is in,
// if there is one, and the address, if ok.
func (m *message) say(zone string, addr [4]byte, ok bool) {
	switch {
	case zone == "":
		m.reply.Rcode = dns.RcodeRefused
	case !ok:
		m.reply.Rcode = dns.RcodeNameError
	case m.question[0].Qtype == dns.TypeA:
		m.addr = addr
		m.a = dns.A{Hdr: header(m.question[0].Name), A: m.addr[:]}
		m.answer[0] = &m.a
		m.reply.Answer = m.answer[:]
	}
}

func header(name string) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: ttl}
}

// lower appends name in lower case to dst.
func lower(dst []byte, name string) []byte {
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}
