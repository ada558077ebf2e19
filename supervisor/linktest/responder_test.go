package linktest_test

import (
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/supervisor/linktest"
)

func TestMTI(t *testing.T) {
	for name, tc := range map[string]struct {
		body []byte
		want string
	}{
		"ascii":             {[]byte("0200rest"), "0200"},
		"ascii 1993":        {[]byte("1420"), "1420"},
		"ebcdic":            {[]byte{0xF0, 0xF8, 0xF0, 0xF0, 1}, "0800"},
		"bcd":               {[]byte{0x02, 0x00, 0xFF}, "0200"},
		"bcd alone":         {[]byte{0x94, 0x21}, "9421"},
		"empty":             {nil, ""},
		"one byte":          {[]byte{0x02}, ""},
		"letters":           {[]byte("ISO0"), ""},
		"ascii and a colon": {[]byte("02:0"), ""},
		"bcd version A":     {[]byte{0xA2, 0x00}, ""},
		"bcd function B":    {[]byte{0x02, 0xB0}, ""},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tc.want, linktest.MTI(tc.body)) })
	}
}

func TestRespondRaisesTheFunction(t *testing.T) {
	for name, tc := range map[string]struct{ request, response []byte }{
		"ascii request":     {[]byte("0200F2"), []byte("0210F2")},
		"ascii repeat":      {[]byte("0421X"), []byte("0431X")},
		"bcd advice":        {[]byte{0x01, 0x20, 7}, []byte{0x01, 0x30, 7}},
		"ebcdic management": {[]byte{0xF0, 0xF8, 0xF0, 0xF0}, []byte{0xF0, 0xF8, 0xF1, 0xF0}},
		"notification":      {[]byte("0640"), []byte("0650")},
		"instruction":       {[]byte("2260"), []byte("2270")},
	} {
		t.Run(name, func(t *testing.T) {
			request := linktest.Frame{Seq: 3, Header: []byte("TPDU1"), Body: append([]byte(nil), tc.request...)}
			response, err := linktest.Respond(request)
			require.NoError(t, err)
			assert.Equal(t, linktest.Frame{Header: []byte("TPDU1"), Body: tc.response}, response)
			assert.Equal(t, tc.request, request.Body, "the request was changed")
		})
	}
}

func TestRespondLeavesResponsesAlone(t *testing.T) {
	for _, mti := range []string{"0210", "0130", "0650", "2270", "0280", "0290"} {
		_, err := linktest.Respond(linktest.Frame{Body: []byte(mti)})
		assert.ErrorIs(t, err, linktest.ErrNoReply, mti)
	}
	_, err := linktest.Respond(linktest.Frame{Body: []byte("GET / HTTP/1.1")})
	assert.ErrorIs(t, err, linktest.ErrNoMTI)
}

func pack(t *testing.T, mti string, fields map[int]string) []byte {
	t.Helper()
	m := iso8583.NewMessage(iso8583.Spec87)
	m.MTI(mti)
	for id, value := range fields {
		require.NoError(t, m.Field(id, value))
	}
	body, err := m.Pack()
	require.NoError(t, err)
	return body
}

func TestUnpackingResponderProvesTheRequest(t *testing.T) {
	respond := linktest.NewUnpackingResponder(linktest.UnpackingConfig{Spec: iso8583.Spec87, DigestField: 48})
	body := pack(t, "0200", map[int]string{4: "1000", 11: "123456", 37: "000000000042"})
	response, err := respond(linktest.Frame{Seq: 1, Header: []byte("H"), Body: body})
	require.NoError(t, err)
	assert.Equal(t, []byte("H"), response.Header)

	m := iso8583.NewMessage(iso8583.Spec87)
	require.NoError(t, m.Unpack(response.Body))
	got := map[int]string{}
	for id := range m.GetFields() {
		if id != 1 {
			got[id], err = m.GetString(id)
			require.NoError(t, err)
		}
	}
	assert.Equal(t, map[int]string{
		0: "0210", 4: "1000", 11: "123456", 37: "000000000042",
		39: "00", 48: linktest.DigestText(body),
	}, got)
	assert.Len(t, linktest.DigestText(body), 64)
	assert.NotEqual(t, linktest.DigestText(body), linktest.DigestText(body[1:]))
}

func TestUnpackingResponderOptions(t *testing.T) {
	respond := linktest.NewUnpackingResponder(linktest.UnpackingConfig{
		Spec: iso8583.Spec87, ResponseCode: "91", DigestField: 63, DigestLen: 8,
	})
	body := pack(t, "0120", map[int]string{11: "000001"})
	response, err := respond(linktest.Frame{Body: body})
	require.NoError(t, err)
	m := iso8583.NewMessage(iso8583.Spec87)
	require.NoError(t, m.Unpack(response.Body))
	code, err := m.GetString(39)
	require.NoError(t, err)
	digest, err := m.GetString(63)
	require.NoError(t, err)
	mti, err := m.GetMTI()
	require.NoError(t, err)
	assert.Equal(t, []string{"0130", "91", linktest.DigestText(body)[:8]}, []string{mti, code, digest})
}

func TestUnpackingResponderRefusals(t *testing.T) {
	respond := linktest.NewUnpackingResponder(linktest.UnpackingConfig{Spec: iso8583.Spec87})
	_, err := respond(linktest.Frame{Body: pack(t, "0210", map[int]string{11: "000001"})})
	require.ErrorIs(t, err, linktest.ErrNoReply)

	const pan = "4000001234567899"
	cut := pack(t, "0200", map[int]string{2: pan, 11: "123456"})
	_, err = respond(linktest.Frame{Body: cut[:len(cut)-3]})
	require.ErrorContains(t, err, "at field 11")
	assert.NotContains(t, err.Error(), pan)
	assert.NotErrorAs(t, err, new(interface{ FieldIDs() []string }), "it must not wrap the error that carries the message")

	bad := pack(t, "0200", nil)
	copy(bad, "02X0")
	_, err = respond(linktest.Frame{Body: bad})
	assert.ErrorIs(t, err, linktest.ErrNoMTI)
}

// oddSpec has a digest field that takes no hexadecimal digits, one that is too
// short for them, and a response code of one digit.
func oddSpec() *iso8583.MessageSpec {
	fixed := func(length int) *field.Spec {
		return &field.Spec{Length: length, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed}
	}
	return &iso8583.MessageSpec{Fields: map[int]field.Field{
		0:  field.NewString(fixed(4)),
		1:  field.NewBitmap(&field.Spec{Length: 8, Enc: encoding.Binary, Pref: prefix.Binary.Fixed}),
		39: field.NewNumeric(fixed(2)),
		48: field.NewNumeric(fixed(9)),
		63: field.NewString(fixed(9)),
	}}
}

func TestUnpackingResponderReportsWhatTheSpecRefuses(t *testing.T) {
	request := linktest.Frame{Body: []byte("0200\x00\x00\x00\x00\x00\x00\x00\x00")}
	for want, cfg := range map[string]linktest.UnpackingConfig{
		"setting the response code": {ResponseCode: "A1"},
		"setting the digest":        {ResponseCode: "10", DigestField: 48},
		"cannot pack the response":  {ResponseCode: "10", DigestField: 63},
	} {
		cfg.Spec = oddSpec()
		_, err := linktest.NewUnpackingResponder(cfg)(request)
		assert.ErrorContains(t, err, want)
	}
}

func TestUnpackingResponderConfiguration(t *testing.T) {
	without39 := oddSpec()
	delete(without39.Fields, 39)
	for name, cfg := range map[string]linktest.UnpackingConfig{
		"no spec":                {},
		"invalid spec":           {Spec: &iso8583.MessageSpec{}},
		"no field 39":            {Spec: without39},
		"unknown digest field":   {Spec: oddSpec(), DigestField: 62},
		"digest into the bitmap": {Spec: oddSpec(), DigestField: 1},
		"digest into field 39":   {Spec: oddSpec(), DigestField: 39},
		"negative digest":        {Spec: oddSpec(), DigestLen: -1},
		"digest too long":        {Spec: oddSpec(), DigestLen: 65},
	} {
		assert.Panics(t, func() { linktest.NewUnpackingResponder(cfg) }, name)
	}
}
