package framing

import "slices"

// Replier is a framing whose header says where a message goes, so that a reply
// cannot carry the request's back as it is.
type Replier interface {
	// ReplyHeader returns the header of the reply to a message with the header
	// given: a copy with source and destination swapped. Append sets what
	// depends on the body, such as a total length. A header that the framing
	// does not know comes back as a plain copy, which Append refuses.
	ReplyHeader(request []byte) []byte
}

// KeepAliver is a framing that says how a keep-alive is sent. All framings of
// this package are.
type KeepAliver interface {
	// AppendKeepAlive appends a keep-alive to dst and returns the longer slice
	// and true. It returns dst as it was given and false where the framing has
	// no keep-alive, or options that Validate refuses.
	AppendKeepAlive(dst []byte) ([]byte, bool)
}

var (
	_ Replier = TPDU{}
	_ Replier = VisaBaseI{}

	_ = [...]KeepAliver{
		ASCII{},
		BASE24{},
		BCD2{},
		Binary2{},
		Binary4{},
		CMF{},
		EBCDIC4{},
		Funcs{},
		Hex4{},
		Padded{},
		RBP{},
		TPDU{},
		Trailer{},
		VMLH{},
		VisaBaseI{},
	}
)

// ReplyHeader returns the header that a reply over f carries back, given that
// of the request: what f says where it is a [Replier], and a copy otherwise. It
// is nil for a request without a header, so that Append uses the framing's
// default header, where it has one. The slice is the caller's.
func ReplyHeader(f Framer, request []byte) []byte {
	if len(request) == 0 {
		return nil
	}
	if r, ok := f.(Replier); ok {
		return r.ReplyHeader(request)
	}
	return slices.Clone(request)
}

// swapped is a copy of header in which two fields of n bytes that stand side by
// side, from start on, have changed places.
func swapped(header []byte, start, n int) []byte {
	reply := slices.Clone(header)
	copy(reply[start:], header[start+n:start+2*n])
	copy(reply[start+n:], header[start:start+n])
	return reply
}

// appendKeepAlive is AppendKeepAlive of the framings whose keep-alive is the
// frame of nothing.
func appendKeepAlive[F Framer](f F, dst []byte) ([]byte, bool) {
	longer, err := f.Append(dst, nil, nil)
	return longer, err == nil
}
