package messages_test

import (
	"math/rand/v2"
	"testing"
)

// FuzzView compares a View with moov on any frame, of each of the tests'
// specifications, in any order of the fields.
func FuzzView(f *testing.F) {
	cases := viewCases(f)
	rnd := rand.New(rand.NewPCG(41, 42))

	for i, c := range cases {
		for range 4 {
			f.Add(byte(i), rnd.Uint64(), randomFrame(f, rnd, c.spec))
		}
	}

	f.Fuzz(func(t *testing.T, spec byte, order uint64, body []byte) {
		c := cases[int(spec)%len(cases)]
		agreeOnView(t, rand.New(rand.NewPCG(order, 0)), c.spec, c.viewer, body)
	})
}

// FuzzPatch compares two changes of any frame with moov: to any value, or to none.
func FuzzPatch(f *testing.F) {
	cases := viewCases(f)
	rnd := rand.New(rand.NewPCG(51, 52))

	for i, c := range cases {
		for range 4 {
			f.Add(byte(i), int16(11), int16(rnd.IntN(140)), "000123", byte(rnd.IntN(4)), randomFrame(f, rnd, c.spec))
		}
	}

	f.Fuzz(func(t *testing.T, spec byte, first, second int16, value string, unset byte, body []byte) {
		c := cases[int(spec)%len(cases)]
		agreeOnPatch(t, c.spec, c.viewer, body, []change{
			{int(first), unset&1 != 0, value}, {int(second), unset&2 != 0, value},
		})
	})
}
