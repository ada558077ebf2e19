package linktest

import (
	"bytes"
	"errors"
)

// Responder makes the response to a request. It must not change or keep the
// request, and may be called from several goroutines at once.
type Responder func(request Frame) (response Frame, err error)

// ErrNoReply is a Responder's answer to a frame that wants no response. The
// steps that reply take it for success.
var ErrNoReply = errors.New("linktest: the frame wants no reply")

// ErrNoMTI says that a body does not start with a message type indicator that
// MTI can read.
var ErrNoMTI = errors.New("linktest: the body does not start with a message type indicator")

// Respond is the Responder that costs next to nothing: a copy of the request,
// header included, with its message function raised by one, so that 0200
// becomes 0210 and 0120 becomes 0130. Everything else, the origin digit too,
// stays as it is.
//
// It answers requests, advices, notifications and instructions (functions 0, 2,
// 4 and 6). Any other frame is ErrNoReply: two ends that answer each other's
// responses would never stop. A body without a readable MTI is ErrNoMTI.
func Respond(request Frame) (Frame, error) {
	mti := MTI(request.Body)
	if mti == "" {
		return Frame{}, ErrNoMTI
	}
	if !wantsReply(mti) {
		return Frame{}, ErrNoReply
	}
	body := bytes.Clone(request.Body)
	index, one := functionByte(body)
	body[index] += one
	return Frame{Header: request.Header, Body: body}, nil
}

// wantsReply says whether the third digit of an MTI is that of a message to be
// answered.
func wantsReply(mti string) bool {
	switch mti[2] {
	case '0', '2', '4', '6':
		return true
	}
	return false
}
