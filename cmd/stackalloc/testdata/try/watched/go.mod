module example.com/watched

go 1.25.0

require github.com/stackalloc/stackalloc v0.1.0

replace github.com/stackalloc/stackalloc => ../../../../..
