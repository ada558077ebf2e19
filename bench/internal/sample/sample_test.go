package sample_test

import (
	"bytes"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/testdata/leaktest"

	"github.com/isolink-go/isolink/bench/internal/sample"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

var shapes = []*sample.Shape{sample.Two, sample.Eighteen}

// All rows must put the same bytes on the wire, whether they pack a message or
// patch a template.
func TestBodyIsThePackedMessage(t *testing.T) {
	for _, shape := range shapes {
		t.Run(shape.Name, func(t *testing.T) {
			for _, stan := range []uint32{1, 999, 123456, 999_999} {
				m, err := shape.Message(stan)
				require.NoError(t, err)
				packed, err := m.Pack()
				require.NoError(t, err)
				prefix := []byte("before")
				assert.Equal(t, append(prefix, packed...), shape.AppendBody(prefix, stan))
				assert.Len(t, packed, shape.Size())
			}
		})
	}
}

func TestShapesHaveTheFieldsOfTheirNames(t *testing.T) {
	for shape, want := range map[*sample.Shape]int{sample.Two: 2, sample.Eighteen: 18} {
		m, err := shape.Message(1)
		require.NoError(t, err)
		count := 0
		for id := range m.GetFields() {
			if id > 1 { // beside the MTI and the bitmap
				count++
			}
		}
		assert.Equal(t, want, count, shape.Name)
	}
}

func TestVerify(t *testing.T) {
	const stan = 123456
	for _, shape := range shapes {
		request := shape.AppendBody(nil, stan)
		response := bytes.Clone(request)
		require.True(t, sample.Answer(response))
		other := shape.AppendBody(nil, stan+1)
		require.True(t, sample.Answer(other))

		require.NoError(t, shape.Verify(response, stan))
		for name, body := range map[string][]byte{
			"request":     request,
			"other STAN":  other,
			"too short":   response[:len(response)-1],
			"too long":    append(bytes.Clone(response), 0),
			"no response": nil,
		} {
			assert.ErrorIs(t, shape.Verify(body, stan), sample.ErrMismatch, "%s, %s", shape.Name, name)
		}
	}
}

func TestVerifyMessage(t *testing.T) {
	const stan = 123456
	unpack := func(body []byte) *iso8583.Message {
		m := iso8583.NewMessage(sample.Spec)
		require.NoError(t, m.Unpack(body))
		return m
	}
	for _, shape := range shapes {
		body := shape.AppendBody(nil, stan)
		require.ErrorIs(t, shape.VerifyMessage(unpack(body), stan), sample.ErrMismatch, "a request")
		require.True(t, sample.Answer(body))
		require.NoError(t, shape.VerifyMessage(unpack(body), stan))
		require.ErrorIs(t, shape.VerifyMessage(unpack(body), stan+1), sample.ErrMismatch, "other STAN")
		require.ErrorIs(t, shape.VerifyMessage(iso8583.NewMessage(sample.Spec), stan), sample.ErrMismatch, "empty")
	}
}

func TestAnswer(t *testing.T) {
	for body, want := range map[string]string{
		"0200rest": "0210rest",
		"0800":     "0810",
		"0420":     "0430",
		"0210":     "",
		"0430":     "",
		"020":      "",
		"":         "",
		"02A0":     "",
	} {
		got := []byte(body)
		ok := sample.Answer(got)
		assert.Equal(t, want != "", ok, "%q", body)
		if !ok {
			want = body
		}
		assert.Equal(t, want, string(got))
	}
}

// No two exchanges in flight may have the same STAN: a caller's values, over as many
// exchanges as it takes to come round, are nobody else's.
func TestSTANsAreNotShared(t *testing.T) {
	owner := make(map[uint32]int)
	for caller := range sample.MaxCallers {
		for seq := range uint64(100) {
			stan := sample.STAN(caller, seq)
			if stan < 1 || stan > 999_999 {
				t.Fatalf("STAN %d of caller %d is no field 11", stan, caller)
			}
			if first, taken := owner[stan]; taken && first != caller {
				t.Fatalf("STAN %d is that of callers %d and %d", stan, first, caller)
			}
			owner[stan] = caller
		}
	}
	assert.Len(t, owner, 990_000)
}

func TestSTANsOfACallerComeRoundLate(t *testing.T) {
	assert.NotEqual(t, sample.STAN(7, 0), sample.STAN(7, 98))
	assert.Equal(t, sample.STAN(7, 0), sample.STAN(7, 99))
}
