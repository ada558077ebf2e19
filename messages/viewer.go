package messages

import (
	"fmt"
	"maps"
	"slices"

	"github.com/moov-io/iso8583"
)

// Viewer looks into packed messages of one specification without unpacking them:
// it makes a [View] of each. Making a Viewer costs more than unpacking a message;
// make one for a specification, and keep it. A link has one: Inbound.View and the
// method Viewer of its handle use it.
//
// A Viewer does not change and is safe for concurrent use. The specification must
// not be changed once it has been given to NewViewer. Fields with an unpacker,
// packer, prefixer, encoder or type that are not of moov's packages are read and
// packed by their own code, which has to be safe for concurrent use; a panic in it
// is an error.
type Viewer struct {
	spec   *iso8583.MessageSpec
	layout layout
	// noFields are the bits of the first words that announce bitmaps, or nothing.
	noFields [fewWords]uint64
}

// NewViewer returns the Viewer of a specification. The error says that spec is
// nil, or that its own Validate refuses it.
func NewViewer(spec *iso8583.MessageSpec) (*Viewer, error) {
	bitmapField, err := checkSpec(spec)
	if err != nil {
		return nil, fmt.Errorf("viewer: %w", err)
	}

	last := max(1, slices.Max(slices.Collect(maps.Keys(spec.Fields))))
	v := &Viewer{spec: spec, layout: compileLayout(spec, compileBitmap(bitmapField), last)}

	for i := range v.noFields {
		v.noFields[i] = v.layout.bitmap.noFields(i)
	}

	return v, nil
}

// View looks at a packed message. The view refers to frame, which must not be
// changed as long as the view is in use; nobody else keeps it.
//
// MTI and bitmaps are read at once, the fields when they are asked for. The error
// is a [*FrameError], which matches [ErrUnpack]: MTI or bitmaps cannot be read, or
// the MTI is not four digits. It allocates nothing, unless the bitmaps have more than
// 192 bits, or are not of moov's encodings in binary or hex.
func (r *Viewer) View(frame []byte) (View, error) {
	mti, at, err := r.layout.mti.read(frame)
	if err != nil {
		return View{}, unreadable(0, 0, err)
	}

	v := View{viewer: r, frame: frame, mti: mti, bitmapAt: at, known: 1, next: 2}
	bitmap := &r.layout.bitmap

	size, count, err := bitmap.read(frame[at:], v.few[:])
	if count > 64*fewWords {
		v.more = make([]uint64, (count+63)/64)
		size, _, err = bitmap.read(frame[at:], v.more)
	}

	if err != nil {
		return View{}, unreadable(1, at, err)
	}

	for i, bits := range r.noFields {
		v.few[i] &^= bits
	}

	for i := range v.more {
		v.more[i] &^= bitmap.noFields(i)
	}

	v.at[0] = at + size

	return v, nil
}
