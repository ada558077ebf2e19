package sample

import (
	"bytes"
	"errors"
	"fmt"
)

// ErrMismatch is returned when a response is not the one that its request
// called for. Neither it nor what wraps it carries message bytes.
var ErrMismatch = errors.New("sample: response does not match its request")

const (
	requestMTI  = "0200"
	responseMTI = "0210"
)

// Shape is a kind of message: which fields it has, and with what values. Every
// value but the STAN is constant, so that all rows put the same bytes on the
// wire. A Shape is not changed after it is made and may be used by any
// number of goroutines.
type Shape struct {
	// Name says how many data elements the message has, field 11 included, the
	// MTI and the bitmap not.
	Name string

	// STANAt is the offset of field 11 in the body, in bytes. It is the same in
	// the request and in the response.
	STANAt int

	values []value
	body   []byte
}

type value struct {
	field int
	text  string
}

// Two is the smallest message that a host would answer: a processing code and
// a STAN.
var Two = mustShape("2-fields", []value{{3, "000000"}})

// Eighteen is a card purchase as a switch sends it to a network. The card
// number is a published test number.
var Eighteen = mustShape("18-fields", []value{
	{2, "4111111111111111"},
	{3, "000000"},
	{4, "000000012345"},
	{7, "1231235959"},
	{12, "235959"},
	{13, "1231"},
	{14, "4912"},
	{18, "5411"},
	{22, "051"},
	{25, "00"},
	{32, "123456"},
	{35, "4111111111111111=49121010000012345678"},
	{37, "123456789012"},
	{41, "TERM0001"},
	{42, "MERCHANT0000001"},
	{43, "A shop                 A town         XX"},
	{49, "978"},
})

// mustShape packs the message twice with STANs that differ in every digit: the
// first byte that differs is where the STAN starts.
func mustShape(name string, values []value) *Shape {
	s := &Shape{Name: name, values: values}
	zeros, err := s.pack(0)
	if err != nil {
		panic(err)
	}
	nines, err := s.pack(999_999)
	if err != nil {
		panic(err)
	}
	s.body = zeros
	for zeros[s.STANAt] == nines[s.STANAt] {
		s.STANAt++
	}
	return s
}

func (s *Shape) pack(stan uint32) ([]byte, error) {
	m, err := s.Message(stan)
	if err != nil {
		return nil, err
	}
	return m.Pack()
}

// Size is the length of the body, in bytes, without the length field.
func (s *Shape) Size() int { return len(s.body) }

// Text is the value of a field, as text; empty for one that the shape does not have,
// or that is not constant.
func (s *Shape) Text(field int) string {
	for _, v := range s.values {
		if v.field == field {
			return v.text
		}
	}
	return ""
}

// AppendBody appends the packed request with the given STAN to dst, without a
// length field, and returns the longer slice.
func (s *Shape) AppendBody(dst []byte, stan uint32) []byte {
	n := len(dst)
	dst = append(dst, s.body...)
	putSTAN(dst[n+s.STANAt:], stan)
	return dst
}

// Verify checks that body is the response to the request with the given STAN:
// its length, its MTI and its STAN. The error wraps ErrMismatch.
func (s *Shape) Verify(body []byte, stan uint32) error {
	if len(body) != len(s.body) {
		return fmt.Errorf("%w: %d bytes, want %d", ErrMismatch, len(body), len(s.body))
	}
	if string(body[:len(responseMTI)]) != responseMTI {
		return fmt.Errorf("%w: wrong MTI", ErrMismatch)
	}
	var want [stanDigits]byte
	putSTAN(want[:], stan)
	if !bytes.Equal(body[s.STANAt:s.STANAt+stanDigits], want[:]) {
		return fmt.Errorf("%w: wrong STAN", ErrMismatch)
	}
	return nil
}
