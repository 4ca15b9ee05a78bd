//go:build !stackalloc_debug

package build

// Debug tells that this is a build with the tag stackalloc_debug.
const Debug = false
