package messages

import (
	"encoding/binary"

	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
)

// bitmapStep is how the bitmaps of a message are read: one, or as long as each
// announces another with its first bit.
type bitmapStep struct {
	// bytes is the size of one bitmap, before any encoding.
	bytes int
	// hex is set if each byte is two ASCII hex digits on the wire.
	hex bool
	// expand is set if the first bit of a bitmap announces another.
	expand bool
	// limit is the number of bits if it is known to be always the same, else 0.
	limit int
	// foreign is set if the bitmap has to be read by the field's own code.
	foreign *field.Bitmap
}

// defaultBitmapBytes is what a length of 0 means in a bitmap's specification.
const defaultBitmapBytes = 8

// compileBitmap returns the step for field 1, which is not nil and has a
// specification.
func compileBitmap(f *field.Bitmap) bitmapStep {
	spec := f.Spec()
	b := bitmapStep{bytes: spec.Length, expand: !spec.DisableAutoExpand}

	if b.bytes == 0 {
		b.bytes = defaultBitmapBytes
	}

	fixed := compilePrefix(spec.Pref).kind == prefixFixed
	known := spec.Enc == encoding.Binary || spec.Enc == encoding.BytesToASCIIHex

	if !fixed || !known || b.bytes < 0 {
		b.foreign = f

		return b
	}

	b.hex = spec.Enc == encoding.BytesToASCIIHex

	if !b.expand {
		b.limit = 8 * b.bytes
	}

	return b
}

// announces reports whether bit id tells that there is another bitmap, and so is
// no field.
func (b *bitmapStep) announces(id int) bool {
	return b.expand && id > 0 && b.bytes > 0 && (id-1)%(8*b.bytes) == 0
}

// read fills words with the bits of all bitmaps at the beginning of src, in one
// row and the first bit of each word as its most significant, and returns how many
// bytes the bitmaps take. Bits for which there is no word are read, and dropped.
func (b *bitmapStep) read(src []byte, words []uint64) (int, error) {
	if b.foreign != nil {
		raw, size, err := unpackForeignBitmap(b.foreign, src)
		binaryWords(words, raw)

		return size, err
	}

	each := b.bytes
	if b.hex {
		each *= 2
	}

	for size := 0; ; {
		if each > len(src)-size {
			return 0, errShort
		}

		first := src[size]
		if b.hex {
			if first = hexDigits[first]; first > 0x0f {
				return 0, errBadContent
			}

			first <<= 4
		}

		size += each

		switch {
		case b.expand && first&0x80 != 0:
			continue
		case !b.hex:
			binaryWords(words, src[:size])
		case !hexWords(words, src[:size]):
			return 0, errBadContent
		}

		return size, nil
	}
}

// binaryWords fills words from raw, as far as it goes.
func binaryWords(words []uint64, raw []byte) {
	for i := 0; i < len(words) && len(raw) > 0; i++ {
		if len(raw) < 8 {
			var padded [8]byte

			copy(padded[:], raw)
			words[i] = binary.BigEndian.Uint64(padded[:])

			return
		}

		words[i] = binary.BigEndian.Uint64(raw)
		raw = raw[8:]
	}
}
