package actors

import (
	"errors"
	"fmt"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/messages"
)

// verifier reads the fields that a response must share with its request, beside
// its key, where both carry them. Nil: none.
type verifier struct {
	fields  []int
	readers []*messages.KeyReader // of one field each
}

func newVerifier(spec *iso8583.MessageSpec, fields []int, normalize bool) (*verifier, error) {
	if len(fields) == 0 {
		return nil, nil
	}
	v := &verifier{fields: fields}
	var faults []error
	for _, id := range fields {
		r, err := messages.NewKeyReader(spec, id)
		switch {
		case err != nil:
			faults = append(faults, err)
		case normalize:
			r = r.Normalized()
		}
		v.readers = append(v.readers, r)
	}
	return v, errors.Join(faults...)
}

// read returns the values of a frame, each as the key of that field alone; the
// zero key for one that is absent.
func (v *verifier) read(frame []byte) []messages.Key {
	if v == nil {
		return nil
	}
	values := make([]messages.Key, len(v.readers))
	for i, r := range v.readers {
		if _, key, err := r.Read(frame); err == nil {
			values[i] = key
		}
	}
	return values
}

// differ returns an error that names the first field in which a response differs
// from a request; nil where there is none.
func (v *verifier) differ(request, response []messages.Key) error {
	if v == nil || request == nil || response == nil {
		return nil
	}
	var absent messages.Key
	for i, id := range v.fields {
		if request[i] != absent && response[i] != absent && request[i] != response[i] {
			return fmt.Errorf("%w: field %d", messages.ErrNotItsResponse, id)
		}
	}
	return nil
}
