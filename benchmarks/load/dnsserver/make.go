package main

import (
	"net"
	"strings"

	"github.com/miekg/dns"
)

// answerMake takes all its memory from the heap, as servers do that are written by the
// documentation of miekg/dns.
func (s *server) answerMake(w dns.ResponseWriter, query *dns.Msg) error {
	reply := new(dns.Msg)
	reply.SetReply(query)
	reply.Authoritative = true
	question := query.Question[0]
	addr, ok := s.hosts[strings.ToLower(question.Name)]
	switch {
	case s.zoneOf(question.Name) == "":
		reply.Rcode = dns.RcodeRefused
	case !ok:
		reply.Rcode = dns.RcodeNameError
	case question.Qtype == dns.TypeA:
		reply.Answer = append(reply.Answer, &dns.A{Hdr: header(question.Name), A: net.IPv4(addr[0], addr[1], addr[2], addr[3])})
	}
	return w.WriteMsg(reply)
}
