package messages

import (
	"encoding/binary"
	"iter"
	"math/bits"

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

// fewWords are so many words of bits as the 192 fields of ISO 8583 need: reading
// them works without allocating.
const fewWords = 3

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

// noFields returns which bits of word i are no fields.
func (b *bitmapStep) noFields(i int) (word uint64) {
	for bit := range 64 {
		if id := 64*i + bit + 1; id == 1 || b.announces(id) {
			word |= 1 << (63 - bit)
		}
	}

	return word
}

// read fills words with the bits of all bitmaps at the beginning of src, in one
// row and the first bit of each word as its most significant, and returns how many
// bytes the bitmaps take, and how many bits they have. Bits for which there is no
// word are read, and dropped.
func (b *bitmapStep) read(src []byte, words []uint64) (size, count int, err error) {
	if b.foreign != nil {
		raw, size, err := unpackForeignBitmap(b.foreign, src)
		binaryWords(words, raw)

		return size, 8 * len(raw), err
	}

	each := b.encodedSize(b.bytes)

	for {
		if each > len(src)-size {
			return 0, 0, errShort
		}

		first := src[size]
		if b.hex {
			if first = hexDigits[first]; first > 0x0f {
				return 0, 0, errBadContent
			}

			first <<= 4
		}

		size += each
		count += 8 * b.bytes

		switch {
		case b.expand && first&0x80 != 0:
			continue
		case !b.hex:
			binaryWords(words, src[:size])
		case !hexWords(words, src[:size]):
			return 0, 0, errBadContent
		}

		return size, count, nil
	}
}

// encodedSize returns how many bytes on the wire so many bytes take.
func (b *bitmapStep) encodedSize(n int) int {
	if b.hex {
		return 2 * n
	}

	return n
}

// append appends the bitmaps that announce the fields of words to dst, no more of
// them than that needs. room is how much to make where dst has too little.
func (b *bitmapStep) append(dst []byte, words []uint64, room int) ([]byte, error) {
	if b.foreign != nil {
		packed, err := packForeignBitmap(b.foreign, words)

		return append(grow(dst, len(packed), room), packed...), err
	}

	size := b.bytes
	if last := lastField(words); last > 8*size {
		size += (last - 1) / (8 * size) * size
	}

	dst = grow(dst, b.encodedSize(size), room)

	for at := range size {
		var octet byte
		if at/8 < len(words) {
			octet = byte(words[at/8] >> (56 - 8*(at%8)))
		}

		if at%b.bytes == 0 && at+b.bytes < size {
			octet |= 0x80
		}

		if b.hex {
			dst = append(dst, upperHex[octet>>4], upperHex[octet&0x0f])
		} else {
			dst = append(dst, octet)
		}
	}

	return dst, nil
}

// lastField returns the number of the last field that words announce, or 0.
func lastField(words []uint64) int {
	for i := len(words) - 1; i >= 0; i-- {
		if words[i] != 0 {
			return 64*i + 64 - bits.TrailingZeros64(words[i])
		}
	}

	return 0
}

// fieldsIn gives the numbers of the fields that words announce.
func fieldsIn(words []uint64) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, word := range words {
			for word != 0 {
				lead := bits.LeadingZeros64(word)
				word &^= 1 << (63 - lead)

				if !yield(64*i + lead + 1) {
					return
				}
			}
		}
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
