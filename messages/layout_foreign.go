package messages

import (
	"fmt"

	"github.com/moov-io/iso8583/field"
)

// unpackForeign unpacks the field at the beginning of src with the code of the
// specification's field. It returns how many bytes that read and, if asked for,
// what the field's String method says.
//
// The code can be anybody's. Its errors and panics are replaced, since they may
// quote what they could not read.
func unpackForeign(source field.Field, src []byte, wantText bool) (size int, text string, err error) {
	defer func() {
		if p := recover(); p != nil {
			size, text, err = 0, "", foreignPanic(p)
		}
	}()

	f := field.NewInstanceOf(source)

	size, err = f.Unpack(src)
	if err != nil {
		return 0, "", errForeignRefused
	}

	if size < 0 || size > len(src) {
		return 0, "", errForeignSize
	}

	if !wantText {
		return size, "", nil
	}

	text, err = f.String()
	if err != nil {
		return 0, "", errForeignRefused
	}

	return size, text, nil
}

// unpackForeignBitmap does the same for the bitmap, and returns its bits.
func unpackForeignBitmap(source *field.Bitmap, src []byte) (raw []byte, size int, err error) {
	defer func() {
		if p := recover(); p != nil {
			raw, size, err = nil, 0, foreignPanic(p)
		}
	}()

	f := field.NewBitmap(source.Spec())

	size, err = f.Unpack(src)
	if err != nil {
		return nil, 0, errForeignRefused
	}

	if size < 0 || size > len(src) {
		return nil, 0, errForeignSize
	}

	raw, err = f.Bytes()

	return raw, size, err
}

// packForeign packs a value with the code of the specification's field.
func packForeign(source field.Field, value string) (packed []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			packed, err = nil, foreignPanic(p)
		}
	}()

	f := field.NewInstanceOf(source)
	if err := f.SetBytes([]byte(value)); err != nil {
		return nil, errForeignRefused
	}

	packed, err = f.Pack()
	if err != nil {
		return nil, errForeignRefused
	}

	return packed, nil
}

// packForeignBitmap packs the bitmap that announces all fields of words.
func packForeignBitmap(source *field.Bitmap, words []uint64) (packed []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			packed, err = nil, foreignPanic(p)
		}
	}()

	f := field.NewBitmap(source.Spec())

	for id := range fieldsIn(words) {
		f.Set(id)

		if !f.IsSet(id) {
			return nil, errNoBit
		}
	}

	packed, err = f.Pack()
	if err != nil {
		return nil, errForeignRefused
	}

	return packed, nil
}

func foreignPanic(p any) error {
	return fmt.Errorf("panic in the field's own code (%T)", p)
}
