// Package tagged has a call under a build tag.
package tagged
