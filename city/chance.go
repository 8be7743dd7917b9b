package city

import (
	"math"
	"math/bits"
)

// chance is a source of random numbers small enough that every case has its own: what happens in one case does not
// depend on how many others there are. (SplitMix64.)
type chance uint64

func (c *chance) next() uint64 {
	*c += 0x9e3779b97f4a7c15
	return mix(uint64(*c))
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number from 0 to n-1.
func (c *chance) below(n int) int {
	hi, _ := bits.Mul64(c.next(), uint64(n))
	return int(hi)
}

// hit is true n times in 10,000.
func (c *chance) hit(n int) bool {
	return c.below(10_000) < n
}

// spread is a table of lognormal factors in thousandths with median 1. Durations come from tables of integers, so
// that they are the same on every processor.
type spread [4096]int32

func newSpread(sigma float64) *spread {
	var s spread
	for i := range s {
		p := (float64(i) + 0.5) / float64(len(s))
		z := math.Sqrt2 * math.Erfinv(2*p-1)
		s[i] = int32(math.Round(1000 * math.Exp(sigma*z)))
	}
	return &s
}

// of returns median times a factor.
func (s *spread) of(c *chance, median int) int {
	return int(int64(median) * int64(s[c.next()>>52]) / 1000)
}

// lottery draws indices by weight.
type lottery [8192]uint16

func newLottery(weights []int) *lottery {
	total := 0
	for _, w := range weights {
		total += w
	}
	var l lottery
	i, sum := 0, weights[0]
	for t := range l {
		for sum*len(l) <= t*total {
			i++
			sum += weights[i]
		}
		l[t] = uint16(i)
	}
	return &l
}

func (l *lottery) draw(c *chance) int {
	return int(l[c.next()>>51])
}
