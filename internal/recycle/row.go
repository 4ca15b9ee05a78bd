package recycle

import "unsafe"

// A row is what one thread has at hand: a line for every class up to rowMax, and
// some lines that each hold slices of one type and size, the first to come.
type row struct {
	owner uintptr // the runtime's m that takes and puts here, with flagged; 0 for none
	_     [lineSize - unsafe.Sizeof(uintptr(0))]byte
	lines [rowLines - 1]line
}

// A line is a stack of blocks in one cache line.
type line struct {
	count  uintptr
	key    uintptr
	blocks [lineLen]unsafe.Pointer // to heads
}

const (
	lineLen  = 6
	lineSize = (2 + lineLen) * unsafe.Sizeof(uintptr(0))
	rowLines = 32
	rowSize  = rowLines * lineSize

	typedLine  = 26 // the first one, after that of class 25, which is rowMax
	typedLines = rowLines - typedLine
)
