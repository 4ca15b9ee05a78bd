package check

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// within reports whether a symbol is that of the declared function, or of a
// literal in it.
func within(local, decl string) bool {
	rest, ok := strings.CutPrefix(local, decl)
	return ok && decl != "" && (rest == "" || rest[0] == '.' || rest[0] == '-' || rest[0] == '#')
}

// isBodyOf reports whether name is that of the function literal that fn returns.
func isBodyOf(name, fn string) bool {
	i := strings.LastIndexByte(name, '.')
	return i >= 0 && strings.HasSuffix(name[:i], "."+fn) && strings.TrimLeft(strings.TrimPrefix(name[i+1:], "func"), "0123456789") == ""
}

// exported reports whether a function or method is known outside its package.
func exported(local string) bool {
	for _, part := range strings.FieldsFunc(local, func(r rune) bool { return strings.ContainsRune(".()*", r) }) {
		if r, _ := utf8.DecodeRuneInString(part); !unicode.IsUpper(r) {
			return false
		}
	}
	return true
}

// linked returns the name of a symbol that is the same in every package.
func (u *unit) linked(symbol string) string {
	if u.pkg.Name == "main" {
		if local, ok := strings.CutPrefix(symbol, "main."); ok {
			return symbolPath(u.pkg.Path()) + "." + local
		}
	}
	return symbol
}

// local returns a symbol of the package without the package's name and type
// arguments.
func (u *unit) local(symbol string) string {
	s := stripTypeArgs(symbol)
	if own, ok := u.named[s]; ok {
		return own
	}
	for _, p := range []string{symbolPath(u.pkg.Path()) + ".", "main."} {
		if l, ok := strings.CutPrefix(s, p); ok {
			return l
		}
	}
	return s
}

// shown is local for people: the name of another package without its path.
func (u *unit) shown(symbol string) string {
	l := u.local(symbol)
	return strings.ReplaceAll(l[strings.LastIndexByte(l, '/')+1:], "%2e", ".")
}

// closureLike reports whether a function has no name in the source: a literal,
// the body of a loop over an iterator, the wrapper of a deferred call or of an
// instance of a generic function.
func closureLike(symbol string) bool {
	if t := untagged(symbol); strings.Contains(t, "[") && !strings.Contains(t, "go.shape.") {
		return true
	}
	s := strings.TrimSuffix(stripTypeArgs(symbol), "·f")
	_, s, _ = strings.Cut(s[strings.LastIndexByte(s, '/')+1:], ".")
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '.' || r == '-' })
	for i, part := range parts {
		// The first is declared, whatever its name is.
		if i > 0 && isLiteral(part) {
			return true
		}
	}
	return false
}

// isLiteral reports whether a part of a symbol is that of a function that has no name in the
// source.
func isLiteral(part string) bool {
	for _, p := range []string{"func", "range", "gowrap", "deferwrap", ""} { // the last in a literal
		if d, ok := strings.CutPrefix(part, p); ok && d != "" && strings.Trim(d, "0123456789") == "" {
			return true
		}
	}
	return false
}

// stripTypeArgs removes everything in brackets, and the hash with which the
// compiler tells copies of a closure apart.
func stripTypeArgs(s string) string {
	if !strings.ContainsAny(s, "[#") {
		return s
	}
	s, _ = cutHash(s)
	return s
}

// hashed reports whether a symbol is that of a copy of a closure, which a hash tells apart.
func hashed(symbol string) bool {
	_, is := cutHash(symbol)
	return is
}

// cutHash returns what stripTypeArgs does, and whether there is a hash.
func cutHash(s string) (name string, is bool) {
	s = untagged(s)
	var b strings.Builder
	depth := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '[':
			depth++
		case c == ']':
			depth--
		case depth > 0:
		case c == '#':
			return b.String(), true
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), false
}

var quoted = regexp.MustCompile(`(?s)"(?:\\.|[^"\\])*"?`)

// untagged removes texts in quotes: the tags of fields can have all characters.
func untagged(symbol string) string { return quoted.ReplaceAllLiteralString(symbol, "") }

// symbolPath returns an import path as symbols have it.
func symbolPath(path string) string {
	slash := strings.LastIndexByte(path, '/')
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		if c <= ' ' || c == '%' || c == '"' || c >= 0x7f || c == '.' && i > slash {
			const hex = "0123456789abcdef"
			b.WriteString("%" + string(hex[c>>4]) + string(hex[c&15]))
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
