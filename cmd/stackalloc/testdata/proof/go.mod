module example.com/proof

go 1.25.0

require github.com/stackalloc/stackalloc v0.0.0

replace github.com/stackalloc/stackalloc => ../../../..
