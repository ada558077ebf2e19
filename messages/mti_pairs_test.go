package messages_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// What ISO 8583 says of the third digit, written down: each function that asks for
// an answer, and the one that answers it; 8 acknowledges a response, and 9 the
// negative acknowledgement that is paired with it.
var (
	answers  = map[byte]byte{'0': '1', '2': '3', '4': '5', '6': '7'}
	partners = map[byte]byte{'0': '1', '1': '0', '2': '3', '3': '2', '4': '5', '5': '4', '6': '7', '7': '6', '8': '9', '9': '8'}
	// repeatOf is the origin of what a message with that origin repeats.
	repeatOf = map[byte]byte{'1': '0', '3': '2', '5': '4'}
)

const tenDigits = "0123456789"

// allMTIs are those of the three versions.
func allMTIs() []messages.MTI {
	var all []messages.MTI

	for _, version := range "012" {
		for _, class := range tenDigits {
			for _, function := range tenDigits {
				for _, origin := range tenDigits {
					all = append(all, messages.MTI{byte(version), byte(class), byte(function), byte(origin)})
				}
			}
		}
	}

	return all
}

// TestMTIDirections: for every version, class, function and origin, which are
// requests, which are responses, and which are repeats.
func TestMTIDirections(t *testing.T) {
	t.Parallel()

	counts := map[string]int{}

	for _, m := range allMTIs() {
		require.True(t, m.Valid(), m)

		_, asks := answers[m[2]]
		responds := m[2] == '9'

		for _, function := range answers {
			responds = responds || m[2] == function
		}

		_, repeats := repeatOf[m[3]]

		require.Equal(t, asks, m.IsRequest(), m)
		require.Equal(t, responds, m.IsResponse(), m)
		require.Equal(t, repeats, m.IsRepeat(), m)

		switch {
		case asks:
			counts["request"]++
		case responds:
			counts["response"]++
		default:
			counts["neither"]++
		}
	}

	assert.Equal(t, map[string]int{"request": 1200, "response": 1500, "neither": 300}, counts)
}

// TestMTIPairs: of all pairs of messages with the same values, those have the same
// key of which version and class are the same, and the functions the same or
// partners. So a response has the key of its request and of no other, and a repeat
// that of its original.
func TestMTIPairs(t *testing.T) {
	t.Parallel()

	all := allMTIs()
	keys := make(map[messages.MTI]messages.Key, len(all))
	sharing := map[messages.Key][]messages.MTI{}

	for _, m := range all {
		key, err := messages.NewKey(m, "000123")
		require.NoError(t, err)

		keys[m] = key
		sharing[key] = append(sharing[key], m)
	}

	require.Len(t, sharing, 3*10*5, "versions, classes and pairs of functions")

	for key, those := range sharing {
		require.Len(t, those, 2*10, "both functions, and all origins")

		for _, m := range those {
			first := those[0]
			require.Equal(t, first[:2], m[:2], key)
			require.True(t, m[2] == first[2] || m[2] == partners[first[2]], "%s: %s and %s", key, first, m)
		}
	}

	for _, m := range all {
		if function, ok := answers[m[2]]; ok {
			for _, origin := range []byte(tenDigits) {
				require.Equal(t, keys[m], keys[messages.MTI{m[0], m[1], function, origin}], m)
			}
		}

		if origin, ok := repeatOf[m[3]]; ok {
			require.Equal(t, keys[messages.MTI{m[0], m[1], m[2], origin}], keys[m], m)
		}
	}
}
