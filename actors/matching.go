package actors

import (
	"errors"
	"fmt"

	"github.com/isolink-go/isolink/messages"
)

// matching is what a link needs to read of messages: to match responses with
// requests, and to look into them.
type matching struct {
	mti    *messages.MTIReader
	viewer func() *messages.Viewer // made when it is asked for: it knows all fields
	fields *messages.KeyReader     // nil: KeyFunc makes the keys
	verify *verifier
}

// readKey reads MTI and key of a message of either end. The MTI is valid where it
// could be read, whatever the error.
func (r *Record) readKey(header, frame []byte) (messages.MTI, messages.Key, error) {
	if r.keys.fields != nil {
		return r.keys.fields.Read(frame)
	}
	mti, err := r.keys.mti.MTI(frame)
	if err != nil {
		return mti, messages.Key{}, err
	}
	key, err := r.keyOf(&messages.Received{MTI: mti, Header: header, Frame: frame})
	return mti, key, err
}

// makeKeyOf returns the messages.KeyFunc of the link: the configuration's, guarded, or
// that of its key fields.
func (r *Record) makeKeyOf() messages.KeyFunc {
	if r.keys.fields != nil {
		return r.keys.fields.KeyOf
	}
	return r.callKeyFunc
}

// callKeyFunc makes a key by the configuration's KeyFunc. Every error matches
// messages.ErrNoKey.
func (r *Record) callKeyFunc(m *messages.Received) (key messages.Key, err error) {
	defer func() {
		if p := recover(); p != nil {
			r.panicked("KeyFunc", p)
			key, err = messages.Key{}, fmt.Errorf("%w: %s: KeyFunc panicked: %T", messages.ErrNoKey, m.MTI, p)
		}
	}()
	key, err = r.config.KeyFunc(m)
	switch {
	case errors.Is(err, messages.ErrNoKey):
		return messages.Key{}, err
	case err != nil:
		return messages.Key{}, fmt.Errorf("%w: %s: KeyFunc: %w", messages.ErrNoKey, m.MTI, err)
	case key == messages.Key{}:
		return key, fmt.Errorf("%w: %s: KeyFunc gave none", messages.ErrNoKey, m.MTI)
	}
	return key, nil
}
