package messages

import "github.com/moov-io/iso8583"

// layout is what is known of the packed messages of a specification, up to some
// field: it is compiled once, and read by many goroutines.
type layout struct {
	mti    MTIReader
	bitmap bitmapStep
	steps  []fieldStep // by field number, 0 (the MTI) to the last one
}

// compileLayout returns the layout of the fields up to last. checkSpec has passed
// the specification.
func compileLayout(spec *iso8583.MessageSpec, bitmap bitmapStep, last int) layout {
	l := layout{mti: compileMTI(spec), bitmap: bitmap, steps: make([]fieldStep, last+1)}

	for id := range l.steps {
		l.steps[id] = compileField(spec.Fields[id])
		if id == 1 || bitmap.announces(id) {
			l.steps[id] = fieldStep{kind: stepPresence, source: spec.Fields[1]}
		}
	}

	return l
}
