package messages_test

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
)

func received(t *testing.T, mti string, header []byte, fields map[int]string) *messages.Received {
	t.Helper()
	frame := packed(t, mti, fields)
	reader, err := messages.NewKeyReader(message(t, mti, nil).GetSpec(), 11)
	require.NoError(t, err)
	read, err := reader.MTI(frame)
	require.NoError(t, err)
	return messages.NewReceived(read, header, frame, reader.KeyOf)
}

func keyOf(t *testing.T, mti, stan string) messages.Key {
	t.Helper()
	key, err := messages.NewKey(messages.MTI([]byte(mti)), stan)
	require.NoError(t, err)
	return key
}

// TestRejectVersion9Keys: the key is that of the request, for every class and
// function, and of no other.
func TestRejectVersion9Keys(t *testing.T) {
	reject := messages.RejectVersion9('0')
	for _, mti := range []string{"0100", "0120", "0200", "0220", "0400", "0420", "0800"} {
		r := received(t, "9"+mti[1:], nil, map[int]string{11: "000123"})
		key, code, ok := reject(r)
		require.True(t, ok, mti)
		assert.Equal(t, "9"+mti[1:], code)
		assert.Equal(t, keyOf(t, mti, "000123"), key)
		assert.NotEqual(t, keyOf(t, "0600", "000123"), key)
	}
	_, _, ok := reject(received(t, "0200", nil, map[int]string{11: "000123"}))
	assert.False(t, ok, "a request")
	for mti, fields := range map[string]map[int]string{
		"9200": {4: "000000000100"},
		"9210": {11: "000123"}, // of a response of this end
	} {
		key, code, ok := reject(received(t, mti, nil, fields))
		assert.True(t, ok, mti)
		assert.Equal(t, mti, code)
		assert.Zero(t, key, "%s is nobody's", mti)
	}
}

// TestRejectBaseIOfNoRequest: a rejected response has the STAN of the peer's request,
// which may be that of one of this end too; what has no key is no message of the peer.
func TestRejectBaseIOfNoRequest(t *testing.T) {
	plain, err := framing.BaseIHeader("123456", "654321")
	require.NoError(t, err)
	header := append([]byte{26}, append(plain[1:], 0x80, 0, 0x00, 0x42)...)
	for mti, fields := range map[string]map[int]string{
		"0200": {4: "000000000100"},
		"0210": {11: "000123"},
		"0280": {11: "000123"},
	} {
		key, code, ok := messages.RejectBaseI(received(t, mti, header, fields))
		assert.True(t, ok, mti)
		assert.Equal(t, "0042", code)
		assert.Zero(t, key, "%s is nobody's", mti)
	}
}

// TestRejectBaseIHeaders: only a header that says so makes a reject.
func TestRejectBaseIHeaders(t *testing.T) {
	plain, err := framing.BaseIHeader("123456", "654321")
	require.NoError(t, err)
	longer := append([]byte{26}, append(plain[1:], 0x80, 0, 0x00, 0x42)...)
	second := append([]byte(nil), longer...)
	second[1] |= 0x80
	second = append(second, plain[:]...)
	harmless := append([]byte{26}, append(plain[1:], 0x00, 0, 0x00, 0x42)...)
	for _, c := range []struct {
		name   string
		header []byte
		ok     bool
	}{
		{"none", nil, false},
		{"a plain one", plain[:], false},
		{"of a reject", longer, true},
		{"of a reject, with the original's", second, true},
		{"longer, and no reject", harmless, false},
		{"cut", second[:30], false},
	} {
		key, code, ok := messages.RejectBaseI(received(t, "0200", c.header, map[int]string{11: "000123"}))
		assert.Equal(t, c.ok, ok, c.name)
		if ok {
			assert.Equal(t, "0042", code, hex.EncodeToString(c.header))
			assert.Equal(t, keyOf(t, "0200", "000123"), key)
		}
	}
	assert.Equal(t, "reject code 0042", (&messages.RejectError{Code: "0042"}).Error())
}

// TestKeyOfAnotherType also holds where the values are a digest.
func TestKeyOfAnotherType(t *testing.T) {
	frame := packed(t, "0810", map[int]string{11: "000123", 41: "TERMINAL", 42: "A MERCHANT WITH"})
	reader, err := messages.NewKeyReader(message(t, "0200", nil).GetSpec(), 11, 41, 42)
	require.NoError(t, err)
	key, err := messages.NewReceived(messages.MTI{}, nil, frame, reader.KeyOf).KeyOf(messages.MTI{'0', '4', '2', '0'})
	require.NoError(t, err)
	want, err := messages.NewKey(messages.MTI{'0', '4', '3', '0'}, "000123", "TERMINAL", "A MERCHANT WITH")
	require.NoError(t, err)
	assert.Equal(t, want, key)
}
