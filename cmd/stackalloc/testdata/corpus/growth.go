package main

import (
	"slices"
	"strconv"
	"strings"
)

// Slices that grow from nothing, up to a number that is known before or not.

//go:noinline
func onePerWord(words []string, out *int) {
	var lengths []int
	for _, w := range words {
		lengths = append(lengths, len(w)) // want stackalloc.Uninit
	}
	slices.Sort(lengths)
	for _, l := range lengths {
		*out = 10**out + l
	}
}

//go:noinline
func twoPerKeyAndOneMore(m map[string]int) string {
	list := []string{}
	for k := range m {
		list = append(list, k, k+"!") // want stackalloc.Call
	}
	list = append(list, "end")
	slices.Sort(list)
	return strings.Join(list, " ")
}

//go:noinline
func growsInTwoLoops(s string, n uint8) (sum int) {
	list := []rune(nil)
	for _, r := range s {
		list = append(list, r) // want stackalloc.Call
	}
	for i := range int(n) {
		list = append(list, rune(i)) // want stackalloc.Call
	}
	for _, r := range list {
		sum += int(r)
	}
	return sum
}

//go:noinline
func startsOver(rows [][]int) (sum int) {
	var list []int
	for _, r := range rows {
		list = list[:0]
		for _, v := range r {
			list = append(list, v) // want [16]int
		}
		for _, v := range list {
			sum += v
		}
	}
	return sum
}

//go:noinline
func comparedWithNil(words []string) bool {
	var list []int
	for _, w := range words {
		list = append(list, len(w)) // keep could be seen
	}
	return list == nil
}

//go:noinline
func capacityOfGrowth(words []string) (n int) {
	var list []int
	for _, w := range words {
		list = append(list, len(w)) // keep could be seen
		n += cap(list)
	}
	return n
}

//go:noinline
func sharedRoom(words []string) int {
	var list []int
	for _, w := range words {
		list = append(list, len(w)) // keep could be seen
	}
	x := append(list, 1)
	y := append(list, 2)
	return x[len(list)]*10 + y[len(list)]
}

//go:noinline
func changedMeanwhile(words []string) (n int) {
	var list []int
	words = append(words, words...)
	for _, w := range words {
		list = append(list, len(w)) // want [16]int
	}
	for _, l := range list {
		n += l
	}
	return n
}

//go:noinline
func underCondition(words []string) (n int) {
	var list []int
	for _, w := range words {
		if len(w) > 5 {
			list = append(list, len(w)) // keep may stay empty
		}
	}
	for _, l := range list {
		n += l
	}
	return n
}

//go:noinline
func behindContinue(words []string) (n int) {
	var list []int
	for _, w := range words {
		if len(w) <= 5 {
			continue
		}
		list = append(list, len(w)) // keep may stay empty
	}
	for _, l := range list {
		n += l
	}
	return n
}

//go:noinline
func behindReturn(words []*string, last *string) int {
	var list []*string
	for _, w := range words {
		if w == last {
			return len(list)
		}
		list = append(list, w) // keep may stay empty
	}
	return -len(list)
}

//go:noinline
func leftAtOnce(words []string, last string) string {
	var list []string
	for _, w := range words {
		list = append(list, w) // want [8]string
		if w == last {
			break
		}
	}
	return strings.Join(list, " ")
}

//go:noinline
func leftBySwitch(words []string, last string, out *int) {
	var list []int
loop:
	for _, w := range words {
		list = append(list, len(w)) // want [16]int
		switch w {
		case last:
			break loop
		}
	}
	for _, l := range list {
		*out = 2**out + l
	}
}

//go:noinline
func breaksOthers(words []string, last byte, out *int) {
	var list []int
	for _, w := range words {
		n := 0
		for i := range len(w) {
			if w[i] == last {
				break
			}
			n++
		}
		switch {
		case n > 3:
			if last == 't' {
				break
			}
			n = 3
		}
		list = append(list, n) // want stackalloc.Uninit
	}
	for _, l := range list {
		*out = 2**out + l
	}
}

//go:noinline
func leftByError(words []string) (int, error) {
	var list []int
	for _, w := range words {
		n, err := strconv.Atoi(w)
		if err != nil {
			return 0, err
		}
		list = append(list, n) // want stackalloc.Call2
	}
	sum := 0
	for _, l := range list {
		sum = 2*sum + l
	}
	return sum, nil
}

//go:noinline
func inBothBranches(words []string) (n int) {
	var list []int
	for _, w := range words {
		if len(w) > 5 {
			list = append(list, len(w)) // want stackalloc.Call
		} else {
			list = append(list, -len(w)) // want stackalloc.Call
		}
	}
	for _, l := range list {
		n = 2*n + l
	}
	return n
}

func init() {
	words := []string{"some", "text", "", "that", "is", "longer", "than", "a", "small", "block"}
	add("onePerWord", func() any { n := 0; onePerWord(words, &n); return n })
	add("twoPerKeyAndOneMore", func() any { return twoPerKeyAndOneMore(map[string]int{"a": 1, "b": 2}) })
	add("growsInTwoLoops", func() any { return growsInTwoLoops("some text", 200) })
	add("startsOver", func() any { return startsOver([][]int{{1, 2}, {3}, nil}) })
	add("comparedWithNil", func() any { return []bool{comparedWithNil(nil), comparedWithNil(words)} })
	add("capacityOfGrowth", func() any { return capacityOfGrowth(words) })
	add("sharedRoom", func() any { return sharedRoom(words[:3]) })
	add("underCondition", func() any { return underCondition(words) })
	add("inBothBranches", func() any { return inBothBranches(words) })
	add("left early", func() any {
		n := 0
		leftBySwitch(words, "is", &n)
		breaksOthers(words, 'e', &n)
		breaksOthers(words, 't', &n)
		x, y := &words[0], &words[3]
		sum, err := leftByError([]string{"1", "20"})
		_, bad := leftByError([]string{"1", "x"})
		return []any{n, behindContinue(words), behindContinue(words[:2]), behindReturn([]*string{x, y}, x), behindReturn([]*string{x, y}, y), leftAtOnce(words, "is"), sum, err, bad}
	})
	add("changedMeanwhile", func() any { return changedMeanwhile(words) })
}
