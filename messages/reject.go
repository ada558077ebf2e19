package messages

import (
	"fmt"
	"log/slog"

	"github.com/isolink-go/isolink/framing"
)

// Rejecter recognises a message by which the peer, or a network between, says that
// it did not process a request. It is asked of each message before that is sorted
// by its direction, since a reject often looks like a request. It returns ok and
// the key of the request that was rejected, and a code that says why, which is
// shown in errors and logs and so must not be card data.
//
// It runs where the messages are read: it should be quick, and must not block. A
// panic is recovered and counted, and the message sorted as any other.
type Rejecter func(r *Received) (key Key, code string, ok bool)

// Received is a message of the peer, as a Rejecter sees it, or one of either end,
// as a KeyFunc does. It must not be kept, nor its slices be changed.
type Received struct {
	// MTI is the zero value where it could not be read.
	MTI MTI
	// Frame is the packed message, Header what stood in front of it where the
	// framing has headers.
	Frame  []byte
	Header []byte
	// ToHandler is for the Rejecter to set where the message wants a response though it
	// is a reject: a copy of it also goes to the link's Handler, where there is one.
	ToHandler bool

	keyOf KeyFunc
}

// NewReceived is for links: keyOf is what KeyOf reads with.
func NewReceived(mti MTI, header, frame []byte, keyOf KeyFunc) *Received {
	return &Received{MTI: mti, Header: header, Frame: frame, keyOf: keyOf}
}

// Format prints MTI and size, whatever the verb: functions of the configuration may
// print what they are given.
func (r Received) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "isolink message (%s, %d bytes)", r.MTI, len(r.Frame))
}

// LogValue logs what Format prints.
func (r Received) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }

// MarshalText gives what Format prints, to encoders that look into what they are
// given.
func (r Received) MarshalText() ([]byte, error) { return fmt.Append(nil, r), nil }

// KeyOf reads the key of a request of type mti from the message, as the link reads
// its keys (KeyFields, or KeyFunc), whatever type the message itself has. The error
// matches ErrNoKey, or is the KeyFunc's. It is for a Rejecter: a KeyFunc, which
// makes the keys, gets an error.
func (r *Received) KeyOf(mti MTI) (Key, error) {
	switch {
	case r.keyOf == nil:
		return Key{}, fmt.Errorf("%w: %s: KeyOf is for a Rejecter", ErrNoKey, mti)
	case !mti.Valid():
		return Key{}, fmt.Errorf("%w: the MTI is not four digits", ErrNoKey)
	}
	as := *r
	as.MTI, as.keyOf = mti, nil
	return r.keyOf(&as)
}

// RejectBaseI recognises the rejects of Visa's BASE I by their header, which
// [framing.VisaBaseI] gives: the message behind it is the request itself, with its
// own MTI. The code is the header's, four digits. Where the message is no request (a
// response of this end can be rejected too), or has no key, the reject is nobody's.
func RejectBaseI(r *Received) (key Key, code string, ok bool) {
	if len(r.Header) <= framing.BaseILen {
		return Key{}, "", false // only the header of a reject is longer
	}
	header, err := framing.ParseBaseI(r.Header)
	if err != nil || !header.Rejected {
		return Key{}, "", false
	}
	return r.rejected(r.MTI), header.RejectCode, true
}

// rejected is the key of the request of that type that was rejected; the zero Key
// where it is none: that of a rejected response would be one of a request of this end.
func (r *Received) rejected(mti MTI) Key {
	if !mti.IsRequest() {
		return Key{}
	}
	key, err := r.KeyOf(mti)
	if err != nil {
		return Key{}
	}
	return key
}

// RejectVersion9 recognises the rejects of BASE24 and of others that return a
// request as it was, with a 9 in the place of the MTI's version: 9200 for a 0200.
// version is that of the link's requests, such as '0' for ISO 8583:1987. The code
// is the MTI of the reject. One of no request (9210), or without a key, is nobody's.
func RejectVersion9(version byte) Rejecter {
	return func(r *Received) (key Key, code string, ok bool) {
		if r.MTI.Version() != '9' {
			return Key{}, "", false
		}
		original := r.MTI
		original[0] = version
		return r.rejected(original), r.MTI.String(), true
	}
}

// RejectError is the cause of a send that the peer rejected.
type RejectError struct {
	// Code is what the link's Rejecter gave.
	Code string
}

// Error says the code.
func (e *RejectError) Error() string { return fmt.Sprintf("reject code %s", e.Code) }
