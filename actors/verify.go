package actors

import (
	"fmt"
	"slices"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/messages"
)

// verifier reads the fields that a response must share with its request, beside
// its key, where both carry them. Nil: none.
type verifier struct {
	fields []int
	reader *messages.KeyReader
}

func newVerifier(spec *iso8583.MessageSpec, fields []int, normalize bool) (*verifier, error) {
	if len(fields) == 0 {
		return nil, nil
	}
	v := new(verifier)
	for _, id := range fields { // one that is given twice is looked at once
		if !slices.Contains(v.fields, id) {
			v.fields = append(v.fields, id)
		}
	}
	reader, err := messages.NewKeyReader(spec, v.fields...)
	if err == nil && normalize {
		reader = reader.Normalized()
	}
	v.reader = reader
	return v, err
}

// read returns the values of a frame, each as the key of that field alone; the
// zero key for one that is absent.
func (v *verifier) read(frame []byte) []messages.Key {
	if v == nil {
		return nil
	}
	return v.reader.ReadEach(frame)
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
