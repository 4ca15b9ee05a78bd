module example.com/b

go 1.25.0

require github.com/stackalloc/stackalloc v0.0.0
