package sample

import (
	"fmt"

	"github.com/moov-io/iso8583"
)

// Message builds the request with the given STAN, as a program does that
// knows nothing of the shape's bytes: field by field.
func (s *Shape) Message(stan uint32) (*iso8583.Message, error) {
	m := iso8583.NewMessage(Spec)
	m.MTI(requestMTI)
	for _, v := range s.values {
		if err := m.Field(v.field, v.text); err != nil {
			return nil, fmt.Errorf("sample: setting field %d: %w", v.field, err)
		}
	}
	if err := m.Field(11, STANText(stan)); err != nil {
		return nil, fmt.Errorf("sample: setting field 11: %w", err)
	}
	return m, nil
}

// VerifyMessage checks that m is the response to the request with the given
// STAN: its MTI and its STAN. The error wraps ErrMismatch.
func (s *Shape) VerifyMessage(m *iso8583.Message, stan uint32) error {
	mti, err := m.GetMTI()
	if err != nil || mti != responseMTI {
		return fmt.Errorf("%w: wrong MTI", ErrMismatch)
	}
	got, err := m.GetString(11)
	if err != nil {
		return fmt.Errorf("%w: no STAN", ErrMismatch)
	}
	var want [stanDigits]byte
	putSTAN(want[:], stan)
	if got != string(want[:]) {
		return fmt.Errorf("%w: wrong STAN", ErrMismatch)
	}
	return nil
}

// Answer turns a packed request into its response, in place: the function
// digit of the MTI goes from request to response. It tells whether body was a
// request, and leaves it alone when it was not.
func Answer(body []byte) bool {
	if len(body) < len(requestMTI) {
		return false
	}
	switch body[2] {
	case '0', '2':
		body[2]++
		return true
	default:
		return false
	}
}
