package generate

// A Variant is a way to build and run programs with the library.
type Variant struct {
	Name  string
	Flags []string // of go build
	Env   []string // of go build and of the program
	Run   []string // environment of the program alone
	PGO   bool     // built with a profile of itself
}

const (
	fewLengths = "GENERATED_LENGTHS=3 40 130 1000" // where programs run slowly
	moving     = "-d=maymorestack=runtime.mayMoreStackMove"
)

// Variants are all ways. The names stand for what differs from a plain build.
var Variants = []Variant{
	{Name: "plain"},
	{Name: "move", Flags: []string{"-gcflags=all=" + moving}, Run: []string{fewLengths}},
	{Name: "collect", Run: []string{"GENERATED_COLLECT=1", "GOGC=1", "GODEBUG=clobberfree=1", fewLengths}},
	{Name: "race", Flags: []string{"-race"}, Env: []string{"CGO_ENABLED=1"}, Run: []string{fewLengths}},
	{Name: "checkptr", Flags: []string{"-gcflags=all=-d=checkptr"}},
	{Name: "checkptr-own", Flags: []string{"-gcflags=" + modulePath + "/...=-d=checkptr"}},
	{Name: "purego", Flags: []string{"-tags=purego"}},
	{Name: "cgo", Flags: []string{"-tags=stackalloc_cgo"}, Env: []string{"CGO_ENABLED=1"}},
	{Name: "abi0", Flags: []string{"-ldflags=-X github.com/stackalloc/stackalloc.fault=abi"}},
	{Name: "abi0-move", Flags: []string{"-gcflags=all=" + moving, "-ldflags=-X github.com/stackalloc/stackalloc.fault=abi"}, Run: []string{fewLengths}},
	{Name: "purego-move", Flags: []string{"-gcflags=all=" + moving, "-tags=purego"}, Run: []string{fewLengths}},
	{Name: "pgo", PGO: true},
	{Name: "noinline", Flags: []string{"-gcflags=all=-l"}},
	{Name: "unoptimized", Flags: []string{"-gcflags=all=-N -l"}},
	{Name: "386", Env: []string{"GOARCH=386", "CGO_ENABLED=0"}},
	{Name: "arm64", Env: []string{"GOARCH=arm64", "CGO_ENABLED=0"}, Run: []string{fewLengths}},
	{Name: "riscv64", Env: []string{"GOARCH=riscv64", "CGO_ENABLED=0"}, Run: []string{fewLengths}},
}
