package messages_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

func TestHeaderKey(t *testing.T) {
	t.Parallel()

	header := "ISOtoken-01"

	for _, c := range []struct {
		offset, length int
		want           string
	}{
		{3, 5, "token"},
		{0, 3, "ISO"},
		{9, 2, "01"},
		{0, 11, header},
		{9, 3, ""},
		{11, 1, ""},
		{12, 1, ""},
		{3, 0, ""},
		{3, -1, ""},
		{-1, 3, ""},
		{1, 1<<63 - 1, ""},
	} {
		key, err := messages.HeaderKey(c.offset, c.length)(&messages.Received{MTI: mti("0210"), Header: []byte(header)})
		if c.want == "" {
			require.ErrorIs(t, err, messages.ErrNoKey, c)
			assert.NotContains(t, err.Error(), "token")
			assert.Equal(t, messages.Key{}, key)

			continue
		}

		require.NoError(t, err, c)
		assert.Equal(t, newKey(t, "0200", c.want), key, c)
	}

	long := strings.Repeat("t", 200)
	key, err := messages.HeaderKey(0, 200)(&messages.Received{MTI: mti("0420"), Header: []byte(long)})
	require.NoError(t, err)
	assert.Equal(t, newKey(t, "0430", long), key)

	_, err = messages.HeaderKey(0, 1)(&messages.Received{Header: []byte(header)})
	require.ErrorIs(t, err, messages.ErrNoKey, "no MTI")
}

// TestKeyOf reads the fields of the class that is asked for, not of the frame's.
func TestKeyOf(t *testing.T) {
	t.Parallel()

	reader := byClass(t)
	frame := pack(t, specs.Spec87ASCII, "0800", map[int]string{11: "000123", 41: "TERM0001"})

	key, err := reader.KeyOf(&messages.Received{MTI: mti("0210"), Frame: frame})
	require.NoError(t, err)
	assert.Equal(t, newKey(t, "0200", "TERM0001", "000123"), key)

	key, err = reader.KeyOf(&messages.Received{MTI: mti("0810"), Frame: frame})
	require.NoError(t, err)
	assert.Equal(t, newKey(t, "0800", "000123"), key)

	_, err = reader.KeyOf(&messages.Received{Frame: frame})
	require.ErrorIs(t, err, messages.ErrNoKey)
	_, err = reader.KeyOf(&messages.Received{MTI: mti("0210"), Frame: frame[:3]})
	require.ErrorIs(t, err, messages.ErrNoKey)

	short := pack(t, specs.Spec87ASCII, "0800", map[int]string{11: "000123"})
	_, err = reader.KeyOf(&messages.Received{MTI: mti("0210"), Frame: short})
	require.EqualError(t, err, "no key: 0210 (class 2): field 41: is not in the message")
}

// TestReceivedKeyOf: a Rejecter gets the keys of the link, for the type that it asks
// for; a KeyFunc that would ask itself does not go on for ever.
func TestReceivedKeyOf(t *testing.T) {
	t.Parallel()

	token := messages.HeaderKey(0, 2)
	key, err := messages.NewReceived(mti("9200"), []byte("T1"), nil, token).KeyOf(mti("0200"))
	require.NoError(t, err)
	assert.Equal(t, newKey(t, "0200", "T1"), key)

	_, err = messages.NewReceived(mti("9200"), []byte("T1"), nil, token).KeyOf(messages.MTI{})
	require.ErrorIs(t, err, messages.ErrNoKey)

	itself := func(m *messages.Received) (messages.Key, error) { return m.KeyOf(m.MTI) }
	_, err = messages.NewReceived(mti("9200"), nil, nil, itself).KeyOf(mti("0200"))
	require.ErrorIs(t, err, messages.ErrNoKey)
}

// TestKeyHash goes by the values alone, and does not change from one release to the
// next: processes of different ones share the links of a group.
func TestKeyHash(t *testing.T) {
	t.Parallel()

	want := newKey(t, "0200", "TERM0001").Hash()
	assert.Equal(t, uint64(0xc8141ca62ea20e7a), want)

	for _, other := range []string{"0210", "0420", "0800", "1821", "2694"} {
		assert.Equal(t, want, newKey(t, other, "TERM0001").Hash(), other)
	}

	seen := map[uint64]bool{}
	for i := range 10_000 {
		seen[newKey(t, "0200", fmt.Sprintf("TERM%04d", i)).Hash()] = true
	}

	assert.Len(t, seen, 10_000)
	assert.NotEqual(t, newKey(t, "0200", "1", "23").Hash(), newKey(t, "0200", "12", "3").Hash())

	long := strings.Repeat("9", 200)
	assert.Equal(t, newKey(t, "0200", long).Hash(), newKey(t, "0421", long).Hash())
	assert.NotEqual(t, newKey(t, "0200", long).Hash(), newKey(t, "0200", long+"9").Hash())
}

// The host echoes a token in the header of its answers. Messages of network
// management, which the link makes by itself, have none: their key is the STAN.
func ExampleHeaderKey() {
	stans, err := messages.NewKeyReader(iso8583.Spec87)
	if err != nil {
		fmt.Println(err)

		return
	}

	token := messages.HeaderKey(4, 6)
	keyOf := func(m *messages.Received) (messages.Key, error) {
		if m.MTI.Class() == '8' {
			return stans.KeyOf(m)
		}

		return token(m)
	}

	request := messages.Received{MTI: messages.MTI([]byte("0200")), Header: []byte("REQ:A00017")}
	answer := messages.Received{MTI: messages.MTI([]byte("0210")), Header: []byte("RSP:A00017")}
	echo := messages.Received{MTI: messages.MTI([]byte("0800")), Frame: []byte("0800" + "0020000000000000" + "000123")}

	for _, m := range []*messages.Received{&request, &answer, &echo} {
		key, err := keyOf(m)
		fmt.Println(key, err)
	}

	// Output:
	// 0200/0210:A00017 <nil>
	// 0200/0210:A00017 <nil>
	// 0800/0810:000123 <nil>
}
