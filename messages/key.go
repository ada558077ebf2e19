package messages

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
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
// together need more than 31 bytes (each counts its length and one byte more)
// are replaced by the first 240 bits of the SHA-256 digest of all of them, marked
// as a digest. Such a key never equals one with its values in it, and prints as a
// part of the digest.
//
// The zero Key is no message's key.
type Key struct {
	class byte // version in the upper four bits, class in the lower four
	// values are the values of the key fields, each behind its length, or a length
	// of 0, which no value has, and their digest. What is not used is zero, as ==
	// needs it. A length needs five bits: the upper three bits of the first one
	// hold the function pair.
	values [keySpace]byte
}

const (
	keySpace      = 31
	keyLengthBits = 5
	keyLengthMask = 1<<keyLengthBits - 1
)

// NewKey returns the key of a message of type mti with these values of its key
// fields. It equals what a [KeyReader] reads from that message's frame if the
// values are those of the KeyReader's fields, in their order, as
// iso8583.Message.GetString gives them; of a [KeyReader.Normalized] one, without
// their padding.
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

	k := emptyKey(mti)
	joined := k.values[:0]

	for i, value := range values {
		if value == "" {
			return Key{}, fmt.Errorf("%w: %s: value %d of %d is empty", ErrNoKey, mti, i+1, len(values))
		}

		at := len(joined)
		joined = append(append(joined, 0), value...)
		joined = closeValue(joined, at)
	}

	k.fill(mti, joined)

	return k, nil
}

// Hash returns a hash of the key's values, the same in every process. The MTI has
// no part in it: request, reversal and echo of one terminal have the same.
func (k Key) Hash() uint64 {
	k.values[0] &= keyLengthMask

	h := fnv.New64a()
	_, _ = h.Write(k.values[:])

	return h.Sum64()
}

// emptyKey returns the key of a valid mti, without its values and its pair.
func emptyKey(mti MTI) Key {
	return Key{class: (mti.Version()-'0')<<4 | (mti.Class() - '0')}
}

// closeValue writes the length of the value at the end of joined to the byte that
// was left free for it at offset at, or to more in its place if it needs them.
// Without lengths, the values "1", "23" and "12", "3" would join to the same bytes.
func closeValue(joined []byte, at int) []byte {
	size := len(joined) - at - 1
	if size <= 0x7f {
		joined[at] = byte(size)

		return joined
	}

	return slices.Replace(joined, at, at+1, binary.AppendUvarint(nil, uint64(size))...)
}

// fill completes an emptyKey with joined, which began as its k.values[:0]. It may
// have outgrown that, even if it fits: a value can need more space than it takes
// in the end, and can leave bytes behind its end.
func (k *Key) fill(mti MTI, joined []byte) {
	if len(joined) > keySpace {
		k.digest(joined)
	} else {
		clear(k.values[copy(k.values[:], joined):])
	}

	k.values[0] |= (mti.Function() - '0') >> 1 << keyLengthBits
}

func (k *Key) digest(joined []byte) {
	digest := sha256.Sum256(joined)
	k.values = [keySpace]byte{}
	copy(k.values[1:], digest[:])
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

// Error names the MTI and its class, the field and the reason.
func (e *KeyError) Error() string {
	if !e.MTI.Valid() {
		return fmt.Sprintf("%v: field %d: %v", ErrNoKey, e.Field, e.Err)
	}

	return fmt.Sprintf("%v: %s (class %c): field %d: %v", ErrNoKey, e.MTI, e.MTI.Class(), e.Field, e.Err)
}

// Unwrap returns ErrNoKey and the reason.
func (e *KeyError) Unwrap() []error {
	return []error{ErrNoKey, e.Err}
}
