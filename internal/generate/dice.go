package generate

// dice is a sequence of random numbers (splitmix64, by Sebastiano Vigna, public
// domain), the same on every version of Go.
type dice uint64

func (d *dice) next() uint64 {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number from 0 to n-1.
func (d *dice) below(n int) int { return int(d.next() >> 33 % uint64(n)) }

// percent is true so often.
func (d *dice) percent(p int) bool { return d.below(100) < p }

func pick[T any](d *dice, of []T) T { return of[d.below(len(of))] }
