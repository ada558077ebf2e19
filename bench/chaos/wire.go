package main

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"

	"github.com/isolink-go/isolink/messages"
)

// The fields of the messages.
const (
	stanField     = 11
	functionField = 24 // of network management
	idField       = 37 // the exchange's unique id
	codeField     = 39
	contentField  = 48 // of a request: anything; of a response: the digest of the request
)

// spec describes all messages: ASCII, with a binary bitmap.
var spec = &iso8583.MessageSpec{
	Name: "chaos",
	Fields: map[int]field.Field{
		0: fixed(4),
		1: field.NewBitmap(&field.Spec{Length: 8, Enc: encoding.Binary, Pref: prefix.Binary.Fixed}),

		stanField: fixed(6), functionField: fixed(3), idField: fixed(12), codeField: fixed(2),
		contentField: field.NewString(&field.Spec{Length: 999, Enc: encoding.ASCII, Pref: prefix.ASCII.LLL}),
	},
}

func fixed(length int) field.Field {
	return field.NewString(&field.Spec{Length: length, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed})
}

// network is how sign-on, sign-off and echo are written.
var network = messages.Network{
	MTI: "0800", Function: functionField, SignOn: "801", SignOff: "802", Echo: "831", Code: codeField, Accepted: []string{"00"},
}

// lengths are those of the fixed fields, in the order of the bitmap; 0 is the one
// that says its length.
var lengths = []struct{ field, length int }{{stanField, 6}, {functionField, 3}, {idField, 12}, {codeField, 2}, {contentField, 0}}

// message is what is known of a frame.
type message struct {
	mti      string
	stan     string
	function string
	id       uint64
	code     string
	content  string
}

// pack writes the fields that are not empty.
func (m *message) pack() []byte {
	values := map[int]string{stanField: m.stan, functionField: m.function, codeField: m.code, contentField: m.content}
	if m.id != 0 {
		values[idField] = idText(m.id)
	}
	frame := append(make([]byte, 0, 64+len(m.content)), m.mti...)
	bitmap := len(frame)
	frame = append(frame, make([]byte, 8)...)
	for _, f := range lengths {
		value := values[f.field]
		if value == "" {
			continue
		}
		bit := f.field - 1
		frame[bitmap+bit/8] |= 0x80 >> (bit % 8)
		if f.length == 0 {
			frame = fmt.Appendf(frame, "%03d", len(value))
		}
		frame = append(frame, value...)
	}
	return frame
}

// parse reads a frame; false where it is none that pack writes, or has bytes
// missing. Bytes behind it do not count.
func parse(frame []byte) (m message, ok bool) {
	if len(frame) < 12 {
		return m, false
	}
	m.mti = string(frame[:4])
	bits := binary.BigEndian.Uint64(frame[4:12])
	rest := frame[12:]
	for _, f := range lengths {
		if bits&(1<<(64-f.field)) == 0 {
			continue
		}
		length := f.length
		if length == 0 {
			if len(rest) < 3 {
				return m, false
			}
			n, err := strconv.Atoi(string(rest[:3]))
			if err != nil || n < 0 {
				return m, false
			}
			length, rest = n, rest[3:]
		}
		if len(rest) < length {
			return m, false
		}
		if !m.set(f.field, string(rest[:length])) {
			return m, false
		}
		rest = rest[length:]
	}
	return m, m.stan != ""
}

func (m *message) set(field int, value string) bool {
	switch field {
	case stanField:
		m.stan = value
	case functionField:
		m.function = value
		return isNumber(value)
	case idField:
		id, ok := numberIn(value, 10)
		m.id = id
		return ok
	case codeField:
		m.code = value
	case contentField:
		m.content = value
	}
	return true
}

// isRequest reports whether it asks for a response.
func (m *message) isRequest() bool { return len(m.mti) == 4 && (m.mti[2]-'0')%2 == 0 }

// digest is that of a request: what its response has to carry.
func (m *message) digest() uint64 { return digestOf(m.id, m.content) }

func digestOf(id uint64, content string) uint64 {
	sum := sha256.Sum256([]byte(idText(id) + content))
	return binary.BigEndian.Uint64(sum[:])
}

// response answers m.
func (m *message) response(code string) *message {
	mti := []byte(m.mti)
	mti[2]++
	mti[3] = '0' // of a repeat, too
	r := &message{mti: string(mti), stan: m.stan, function: m.function, id: m.id, code: code}
	if m.id != 0 {
		r.content = digestText(m.digest())
	}
	return r
}

// answers reports what a response says of the request that it belongs to.
func (m *message) answers() (id, digest uint64, ok bool) {
	digest, ok = numberIn(m.content, 16)
	return m.id, digest, ok && len(m.content) == 16 && m.id != 0
}

func idText(id uint64) string         { return inLetters(id, 10, 12) }
func digestText(digest uint64) string { return inLetters(digest, 16, 16) }
func stanText(n uint64) string        { return fmt.Sprintf("%06d", n%999_999+1) }

// inLetters writes a number with the digits a, b, c, … Only MTI, STAN and codes have
// digits: where a host has put the stream out of step, no other part of a message
// must look like the beginning of one.
func inLetters(n, base uint64, length int) string {
	text := make([]byte, length)
	for i := range text {
		text[length-1-i] = 'a' + byte(n%base)
		n /= base
	}
	return string(text)
}

func numberIn(text string, base uint64) (n uint64, ok bool) {
	for i := range len(text) {
		digit := uint64(text[i] - 'a')
		if digit >= base {
			return 0, false
		}
		n = n*base + digit
	}
	return n, text != ""
}

func isNumber(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}
