package messages_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// FuzzKeyReader compares a KeyReader with moov on any frame, of each of the
// tests' specifications and with each set of key fields that it has.
func FuzzKeyReader(f *testing.F) {
	rnd := rand.New(rand.NewPCG(11, 12))
	all := namedSpecs()
	names := slices.Sorted(maps.Keys(all))
	cases := make([][]keyCase, len(names))

	for i, name := range names {
		cases[i] = keyCases(f, all[name])

		for range 4 {
			f.Add(byte(i), byte(rnd.IntN(256)), randomFrame(f, rnd, all[name]))
		}
	}

	f.Fuzz(func(t *testing.T, spec, set byte, body []byte) {
		i := int(spec) % len(names)
		c := cases[i][int(set)%len(cases[i])]

		agree(t, all[names[i]], c.reader, c.fields, body)
	})
}
