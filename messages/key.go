package messages

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrNoKey says that a message has no key: a key field is absent or empty, or
// the frame is not what its specification says. It is matched by every
// [*KeyError] and by the errors of [NewKey].
var ErrNoKey = errors.New("no key")

// Key is what a response must share with its request: version and class of the
// MTI, the pair of functions (0/1 request and response, 2/3 advice and response,
// 4/5, 6/7, 8/9) and the values of the key fields. The origin digit has no part
// in it, so that a repeat (0201) has the key of its original (0200).
//
// A Key is 32 bytes without pointers, made to be the key of a map. Two keys are
// equal if and only if all these parts are, with one exception: values that
// together need more than 30 bytes (each counts its length and one byte more)
// are replaced by the first 240 bits of the SHA-256 digest of all of them, marked as
// a digest. Such a key never equals one with its values in it, and prints a part
// of the digest.
//
// The zero Key is no message's key.
type Key struct {
	class byte // version in the upper four bits, class in the lower four
	pair  byte // function pair in the upper three bits, how many bytes of values are used (or keyDigest) in the lower five
	// values are the values of the key fields, each behind its length (uvarint),
	// or their digest. What is not used is zero, as == needs it.
	values [keySpace]byte
}

const (
	keySpace  = 30
	keyDigest = 31 // stands where the number of used bytes would, which is at most keySpace
)

// NewKey returns the key of a message of type mti with these values of its key
// fields. It equals what a [KeyReader] reads from that message's frame if the
// values are those of the KeyReader's fields, in their order, as
// iso8583.Message.GetString gives them.
//
// The error matches [ErrNoKey]: mti is not valid, there is no value, or one is
// empty.
func NewKey(mti MTI, values ...string) (Key, error) {
	if !mti.Valid() {
		return Key{}, fmt.Errorf("%w: the MTI is not four digits", ErrNoKey)
	}

	if len(values) == 0 {
		return Key{}, fmt.Errorf("%w: %s: no values", ErrNoKey, mti)
	}

	var joined []byte

	for i, value := range values {
		if value == "" {
			return Key{}, fmt.Errorf("%w: %s: value %d of %d is empty", ErrNoKey, mti, i+1, len(values))
		}

		joined = joinValue(joined, []byte(value))
	}

	return makeKey(mti, joined), nil
}

// joinValue appends value behind its length, without which the values "1", "23"
// and "12", "3" would join to the same bytes.
func joinValue(joined, value []byte) []byte {
	joined = binary.AppendUvarint(joined, uint64(len(value)))

	return append(joined, value...)
}

// makeKey makes the key of a valid mti and of values joined by joinValue.
func makeKey(mti MTI, joined []byte) Key {
	k := Key{
		class: (mti.Version()-'0')<<4 | (mti.Class() - '0'),
		pair:  (mti.Function() - '0') >> 1 << 5,
	}

	if len(joined) <= keySpace {
		k.pair |= byte(len(joined))
		copy(k.values[:], joined)

		return k
	}

	digest := sha256.Sum256(joined)
	k.pair |= keyDigest
	copy(k.values[:], digest[:])

	return k
}

// KeyError says why a frame has no key. It matches [ErrNoKey] and never holds
// bytes of the frame.
type KeyError struct {
	// MTI is the message's type, or the zero MTI if that could not be read.
	MTI MTI
	// Field is the number of the field at which reading ended: the key field that
	// is absent or empty, or the field (0 the MTI, 1 the bitmap) that is malformed.
	Field int
	// Err is the reason, with the offset in the frame if the frame is malformed.
	Err error
}

// Error names the MTI, the field and the reason.
func (e *KeyError) Error() string {
	if !e.MTI.Valid() {
		return fmt.Sprintf("%v: field %d: %v", ErrNoKey, e.Field, e.Err)
	}

	return fmt.Sprintf("%v: %s: field %d: %v", ErrNoKey, e.MTI, e.Field, e.Err)
}

// Unwrap returns ErrNoKey and the reason.
func (e *KeyError) Unwrap() []error {
	return []error{ErrNoKey, e.Err}
}
