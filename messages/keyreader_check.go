package messages

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/field"
)

var (
	// ErrKeyFieldUnknown says that the message specification has no such field.
	ErrKeyFieldUnknown = errors.New("not in the message specification")
	// ErrKeyFieldRefused says that a field cannot be part of a key, because of
	// what it holds or where it stands.
	ErrKeyFieldRefused = errors.New("cannot be part of a key")
)

// KeyFieldError is a fault of the fields that were given to [NewKeyReader].
type KeyFieldError struct {
	// Field is the number of the field at fault.
	Field int
	// Err matches ErrKeyFieldUnknown or ErrKeyFieldRefused.
	Err error
}

// Error names the field and the fault.
func (e *KeyFieldError) Error() string { return fmt.Sprintf("key field %d: %v", e.Field, e.Err) }

// Unwrap gives Err to errors.Is.
func (e *KeyFieldError) Unwrap() error { return e.Err }

// notForKeys are the fields whose meaning in all versions of ISO 8583 rules them
// out. Keys are printed for diagnosis, so that none may hold cardholder data or
// sensitive authentication data (PCI DSS 4.0, 3.3 and 3.4).
var notForKeys = map[int]string{
	0:   "it is the MTI, which has its part in every key",
	1:   "it is a bitmap",
	2:   "it holds the PAN",
	14:  "it holds the expiration date",
	34:  "it holds the extended PAN",
	35:  "it holds track 2",
	36:  "it holds track 3",
	45:  "it holds track 1",
	52:  "it holds the PIN",
	53:  "it holds security data",
	55:  "it holds chip data, the PAN among it",
	64:  "it is a MAC",
	128: "it is a MAC",
}

// checkSpec returns the bitmap of a specification that can be read with.
func checkSpec(spec *iso8583.MessageSpec) (*field.Bitmap, error) {
	if spec == nil {
		return nil, errors.New("no message specification")
	}

	if err := spec.Validate(); err != nil {
		return nil, fmt.Errorf("message specification: %w", err)
	}

	// Validate has seen that there is a bitmap, and of which type, but not more.
	bitmap, _ := spec.Fields[1].(*field.Bitmap)
	if isNil(spec.Fields[0]) || bitmap == nil || bitmap.Spec() == nil {
		return nil, errors.New("message specification: MTI or bitmap is nil")
	}

	return bitmap, nil
}

// checkKeyFields returns all faults of fields at once.
func checkKeyFields(spec *iso8583.MessageSpec, bitmap bitmapStep, fields []int) error {
	var faults []error

	refuse := func(id int, reason string) {
		faults = append(faults, &KeyFieldError{Field: id, Err: fmt.Errorf("%w: %s", ErrKeyFieldRefused, reason)})
	}

	for i, id := range fields {
		specField := spec.Fields[id]
		_, isBitmap := specField.(*field.Bitmap)

		switch {
		case notForKeys[id] != "":
			refuse(id, notForKeys[id])
		case slices.Contains(fields[:i], id):
			refuse(id, "it is given twice")
		case isNil(specField):
			faults = append(faults, &KeyFieldError{Field: id, Err: ErrKeyFieldUnknown})
		case isBitmap || bitmap.announces(id):
			refuse(id, "it is a bitmap")
		case id < 0 || bitmap.limit > 0 && id > bitmap.limit:
			refuse(id, fmt.Sprintf("the bitmap has %d bits", bitmap.limit))
		}
	}

	return errors.Join(faults...)
}

// isNil reports whether there is no field behind f, which may be a nil pointer.
func isNil(f field.Field) bool {
	if f == nil {
		return true
	}

	v := reflect.ValueOf(f)

	return v.Kind() == reflect.Pointer && v.IsNil()
}
