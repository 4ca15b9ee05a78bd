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

var opNames = [...]string{
	0:       "a method", // one that has just returned
	opAlloc: "Alloc", opNew: "New", opSlice: "Slice", opAppend: "Append", opCopy: "Copy", opString: "String",
	opReset: "Reset", opMark: "Mark", opRewind: "Rewind", opOnDrop: "OnDrop", opRetain: "Retain", opClose: "Close",
}

func (o op) String() string { return opNames[o] }

// noCopy makes go vet report copies of the struct it is a field of.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}
