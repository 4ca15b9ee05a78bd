// Package suggest requires the library and does not use it yet.
package suggest

import _ "github.com/stackalloc/stackalloc"
