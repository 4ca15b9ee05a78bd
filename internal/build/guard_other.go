//go:build !windows

package build

const systemGuard = 0
