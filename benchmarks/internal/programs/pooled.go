package programs

// pooledDNS has the indices of labels that our patch of miekg/dns has in a block in
// memory from a sync.Pool.
var pooledDNS = []Edit{
	{"labels.go", "package dns\n", "package dns\n\nimport (\n\t\"slices\"\n\t\"sync\"\n)\n"},
	{"labels.go", splitBoth, `	block := indices.Get().(*[]int)
	size := len(s1) + len(s2) + 2
	*block = slices.Grow((*block)[:0], size)[:size]
	l1 := labels(*block, s1)
	n = commonLabels(s1, s2, l1, labels((*block)[len(l1):], s2))
	indices.Put(block)
	return n
}

var indices = sync.Pool{New: func() any { return new([]int) }}

` + dnsLabels},
}

// CopyPooledDNS is Copy of miekg/dns with a sync.Pool where our patch of it has a block.
func CopyPooledDNS(dir string) error {
	p, err := Find("github.com/miekg/dns")
	if err != nil {
		return err
	}
	return p.copyWith(pooledDNS, dir)
}
