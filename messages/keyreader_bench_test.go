package messages_test

import (
	"testing"

	"github.com/isolink-go/isolink/messages"
	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/require"
)

// typical are the 18 fields of an ordinary financial request.
func typical() map[int]string {
	return map[int]string{
		2: "4111111111111111", 3: "000000", 4: "000000012345", 7: "1122093000", 11: "000123",
		12: "093000", 13: "1122", 14: "2912", 18: "5411", 22: "051", 25: "00", 32: "123456",
		37: "632609000123", 41: "TERM0001", 42: "MERCHANT0000001", 43: "A SHOP                 SOMEWHERE      XX",
		49: "978", 54: "0040978D000000000000",
	}
}

type typicalCase struct {
	name   string
	spec   *iso8583.MessageSpec
	fields []int
}

func typicalCases() []typicalCase {
	return []typicalCase{
		{"ASCII/11", specs.Spec87ASCII, []int{11}},
		{"hex/11", specs.Spec87Hex, []int{11}},
		{"BCD/11", bcdSpec(), []int{11}},
		{"ASCII/41,11", specs.Spec87ASCII, []int{41, 11}},
		{"BCD/7,11,37", bcdSpec(), []int{7, 11, 37}},
	}
}

func BenchmarkKeyReader(b *testing.B) {
	for _, c := range typicalCases() {
		frame := pack(b, c.spec, "0200", typical())
		reader, err := messages.NewKeyReader(c.spec, c.fields...)
		require.NoError(b, err)

		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()

			for b.Loop() {
				if _, _, err := reader.Read(frame); err != nil {
					b.Fatal(err)
				}
			}
		})
	}

	// What the same costs with a full unpack, for comparison.
	frame := pack(b, specs.Spec87ASCII, "0200", typical())

	b.Run("moov/ASCII/11", func(b *testing.B) {
		b.ReportAllocs()

		for b.Loop() {
			msg := iso8583.NewMessage(specs.Spec87ASCII)
			if err := msg.Unpack(frame); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkKeyMap(b *testing.B) {
	key, err := messages.NewKey(messages.MTI{'0', '2', '0', '0'}, "000123")
	require.NoError(b, err)

	table := map[messages.Key]int{key: 1}

	for b.Loop() {
		if table[key] != 1 {
			b.Fatal("lost")
		}
	}
}
