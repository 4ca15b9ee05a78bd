package main

import (
	"sync"

	"github.com/miekg/dns"
)

// A workspace is what one query needs.
type workspace struct {
	message
	name   []byte
	packed [maxReply]byte
}

var workspaces = sync.Pool{New: func() any { return new(workspace) }}

// answerPool takes its memory from a sync.Pool, by hand. w keeps nothing of what it
// has written.
func (s *server) answerPool(w dns.ResponseWriter, query *dns.Msg) error {
	m := workspaces.Get().(*workspace)
	defer func() {
		m.message = message{} // nothing of the query is kept alive by it
		workspaces.Put(m)
	}()
	m.begin(query)
	question := query.Question[0]
	m.name = lower(m.name[:0], question.Name)
	addr, ok := s.hosts[string(m.name)]
	switch {
	case s.zoneOf(question.Name) == "":
		m.reply.Rcode = dns.RcodeRefused
	case !ok:
		m.reply.Rcode = dns.RcodeNameError
	case question.Qtype == dns.TypeA:
		m.add(addr)
	}
	packed, err := m.reply.PackBuffer(m.packed[:])
	if err != nil {
		return err
	}
	_, err = w.Write(packed)
	return err
}
