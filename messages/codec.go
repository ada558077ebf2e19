package messages

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/moov-io/iso8583"
	iso8583errors "github.com/moov-io/iso8583/errors"
)

// Pack packs a message. It returns a *CodecError with ErrPack; a panic of a
// specification's own functions becomes one too.
func Pack(msg *iso8583.Message) (frame []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			frame, err = nil, &CodecError{Kind: fmt.Errorf("%w: panic (%T)", ErrPack, r)}
		}
	}()
	if msg == nil {
		return nil, &CodecError{Kind: fmt.Errorf("%w: nil message", ErrPack)}
	}
	frame, err = msg.Pack()
	if err != nil {
		return nil, &CodecError{Kind: ErrPack, Field: notPacking(msg)}
	}
	return frame, nil
}

// notPacking finds the first field that does not pack: the codec tells it only
// in words, which quote values.
func notPacking(msg *iso8583.Message) string {
	fields := msg.GetFields()
	for _, id := range slices.Sorted(maps.Keys(fields)) {
		if _, err := fields[id].Pack(); err != nil {
			return strconv.Itoa(id)
		}
	}
	return ""
}

// Unpack unpacks a frame. It returns a *CodecError with ErrUnpack; a panic of
// a specification's own functions becomes one too.
func Unpack(spec *iso8583.MessageSpec, frame []byte) (msg *iso8583.Message, err error) {
	defer func() {
		if r := recover(); r != nil {
			msg, err = nil, &CodecError{Kind: fmt.Errorf("%w: panic (%T)", ErrUnpack, r)}
		}
	}()
	msg = iso8583.NewMessage(spec)
	if err := msg.Unpack(frame); err != nil {
		e := &CodecError{Kind: ErrUnpack}
		var u *iso8583errors.UnpackError
		if errors.As(err, &u) {
			e.Field = u.FieldID
		}
		return nil, e
	}
	return msg, nil
}
