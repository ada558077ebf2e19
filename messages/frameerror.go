package messages

import "fmt"

// FrameError is the error of a [View], or of its Patch: which field of a frame
// could not be read or written, and why. It never holds bytes of the frame, nor
// the value of a field.
type FrameError struct {
	// Kind is ErrUnpack for what the frame has, ErrPack for what an edit would have
	// made of it.
	Kind error
	// Field is the number of the field at fault: 0 the MTI, 1 the bitmap.
	Field int
	// Offset is where in the frame that field begins, in bytes; 0 with ErrPack.
	Offset int
	// Err is the reason.
	Err error
}

// Error names the field, its offset in the frame, and the reason.
func (e *FrameError) Error() string {
	if e.Kind == ErrPack {
		return fmt.Sprintf("%v: field %d: %v", e.Kind, e.Field, e.Err)
	}

	return fmt.Sprintf("%v: field %d at offset %d: %v", e.Kind, e.Field, e.Offset, e.Err)
}

// Unwrap gives kind and reason to errors.Is.
func (e *FrameError) Unwrap() []error { return []error{e.Kind, e.Err} }

// unreadable is the error of what a frame has.
func unreadable(field, offset int, reason error) error {
	return &FrameError{Kind: ErrUnpack, Field: field, Offset: offset, Err: reason}
}

// unwritable is the error of an edit.
func unwritable(field int, reason error) error {
	return &FrameError{Kind: ErrPack, Field: field, Err: reason}
}
