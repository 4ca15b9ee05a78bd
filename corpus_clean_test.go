package stackalloc_test

var cleansPlain, cleansStandard, cleansFlow, cleansLibrary []clean
