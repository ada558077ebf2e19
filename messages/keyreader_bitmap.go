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

// read returns the bits of all bitmaps at the beginning of src, and how many
// bytes they take.
func (b *bitmapStep) read(src []byte) (bitmapBits, int, error) {
	if b.foreign != nil {
		raw, size, err := unpackForeignBitmap(b.foreign, src)

		return bitmapBits{raw: raw}, size, err
	}

	each := b.bytes
	if b.hex {
		each *= 2
	}

	for size := 0; ; {
		if each > len(src)-size {
			return bitmapBits{}, 0, errShort
		}

		first := src[size]
		if b.hex {
			if !allHex(src[size : size+each]) {
				return bitmapBits{}, 0, errBadContent
			}

			first = hexDigits[first] << 4
		}

		size += each

		if !b.expand || first&0x80 == 0 {
			return bitmapBits{raw: src[:size], hex: b.hex}, size, nil
		}
	}
}

func allHex(src []byte) bool {
	bad := byte(0)
	for _, b := range src {
		bad |= hexDigits[b]
	}

	return bad <= 0x0f
}

// bitmapBits are bits as they stand in a frame, all bitmaps in one row.
type bitmapBits struct {
	raw []byte
	hex bool // two valid hex digits for each byte
}

// len returns the number of bits.
func (b bitmapBits) len() int {
	if b.hex {
		return 4 * len(b.raw)
	}

	return 8 * len(b.raw)
}

// word returns 64 bits from bit base on (counted from 0; a multiple of 64 below
// len), the first one as the most significant; bits behind the end are 0.
func (b bitmapBits) word(base int) uint64 {
	if b.hex {
		return hexWord(b.raw[base/4:])
	}

	raw := b.raw[base/8:]
	if len(raw) >= 8 {
		return binary.BigEndian.Uint64(raw)
	}

	var padded [8]byte

	copy(padded[:], raw)

	return binary.BigEndian.Uint64(padded[:])
}

func hexWord(raw []byte) uint64 {
	raw = raw[:min(16, len(raw))]

	var word uint64
	for _, b := range raw {
		word = word<<4 | uint64(hexDigits[b])
	}

	return word << (4 * (16 - len(raw)))
}
