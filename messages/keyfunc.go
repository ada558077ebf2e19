package messages

import "fmt"

// KeyFunc makes the key of a message, of this end or of the peer: of its values,
// by [NewKey], of its key fields, by [KeyReader.KeyOf], or of the header in front
// of it, by [HeaderKey]. The key is to be that of a message of type m.MTI, which is
// valid: a request and its response must get the same one, and a repeat that of its
// original. Where it returns an error, or the zero Key, the message has none. The
// error is shown in errors and logs, and so must not hold card data.
//
// m.Header is what the caller of a send has given, empty where that is left to the
// framing, as it is in the exchanges that a link makes by itself; and what stood in
// front of the peer's message.
type KeyFunc func(m *Received) (Key, error)

// HeaderKey makes the key of length bytes of the message's header, from offset
// on, for hosts that echo a token there: by it, and by the MTI's version, class and
// function pair. The bytes are shown as keys are. A message with a shorter header
// has no key, nor has any where offset is negative or length is not positive. The
// error matches [ErrNoKey].
//
// A link's own exchanges have no header to choose, so that its sign-on and echo
// need a key of another kind: see the example.
func HeaderKey(offset, length int) KeyFunc {
	return func(m *Received) (Key, error) {
		if !m.MTI.Valid() {
			return Key{}, fmt.Errorf("%w: the MTI is not four digits", ErrNoKey)
		}

		if offset < 0 || length < 1 || offset > len(m.Header) || length > len(m.Header)-offset {
			return Key{}, fmt.Errorf("%w: %s: no %d bytes at offset %d of the header, which has %d",
				ErrNoKey, m.MTI, length, offset, len(m.Header))
		}

		key := emptyKey(m.MTI)
		joined := append(append(key.values[:0], 0), m.Header[offset:offset+length]...)
		key.fill(m.MTI, closeValue(joined, 0))

		return key, nil
	}
}
