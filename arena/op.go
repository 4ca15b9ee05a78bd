package arena

// An op is a method or function that changes an arena, for messages.
type op uint32

const (
	opAlloc op = iota + 1
	opNew
	opSlice
	opAppend
	opCopy
	opString
	opReset
	opMark
	opRewind
	opOnDrop
	opRetain
	opClose
)

func (o op) String() string {
	switch o {
	case opAlloc:
		return "Alloc"
	case opNew:
		return "New"
	case opSlice:
		return "Slice"
	case opAppend:
		return "Append"
	case opCopy:
		return "Copy"
	case opString:
		return "String"
	case opReset:
		return "Reset"
	case opMark:
		return "Mark"
	case opRewind:
		return "Rewind"
	case opOnDrop:
		return "OnDrop"
	case opRetain:
		return "Retain"
	case opClose:
		return "Close"
	}
	return "a method" // one that has just returned
}

// noCopy makes go vet report copies of the struct it is a field of.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}
