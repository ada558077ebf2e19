package messages_test

import (
	"testing"

	"github.com/isolink-go/isolink/messages"
	"github.com/stretchr/testify/assert"
)

func TestMTI(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		mti                              string
		valid, request, response, repeat bool
		text                             string
	}{
		{"0100", true, true, false, false, "0100"},
		{"0110", true, false, true, false, "0110"},
		{"0121", true, true, false, true, "0121"},
		{"0130", true, false, true, false, "0130"},
		{"1240", true, true, false, false, "1240"},
		{"2653", true, false, true, true, "2653"},
		{"0265", true, true, false, true, "0265"},
		{"0272", true, false, true, false, "0272"},
		{"0180", true, false, false, false, "0180"},
		{"0194", true, false, true, false, "0194"},
		{"9999", true, false, true, false, "9999"},
		{"02A0", false, false, false, false, "02?0"},
		{"020\x01", false, false, false, false, "020?"},
		{"/21:", false, false, false, false, "?21?"},
		{"\x00\x00\x00\x00", false, false, false, false, "????"},
	} {
		mti := messages.MTI([]byte(c.mti))

		assert.Equal(t, c.valid, mti.Valid(), c.mti)
		assert.Equal(t, c.request, mti.IsRequest(), c.mti)
		assert.Equal(t, c.response, mti.IsResponse(), c.mti)
		assert.Equal(t, c.repeat, mti.IsRepeat(), c.mti)
		assert.Equal(t, c.text, mti.String(), c.mti)
		assert.Equal(t, c.mti, string([]byte{mti.Version(), mti.Class(), mti.Function(), mti.Origin()}))
	}
}
