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
	name := query.Question[0].Name
	m.name = lower(m.name[:0], name)
	addr, ok := s.hosts[string(m.name)]
	m.say(s.zoneOf(name), addr, ok)
	packed, err := m.reply.PackBuffer(m.packed[:])
	if err != nil {
		return err
	}
	_, err = w.Write(packed)
	return err
}
