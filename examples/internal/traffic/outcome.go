package traffic

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/messages"
)

// Result is what became of one send.
type Result struct {
	// Number is the send's, from 1.
	Number uint64
	// Link is the index of its link in Sender.Links.
	Link int
	// Reference is what the request has in field 37.
	Reference string
	// Digest is the SHA-256 digest of the packed request.
	Digest [sha256.Size]byte
	// Reply is the response, unpacked; nil unless the send was answered.
	Reply *iso8583.Message
	// Err is nil when the send was answered.
	Err error
	// Took is the time from the call to its return.
	Took time.Duration
}

// Outcome is what a caller has to know of a send.
type Outcome uint8

// The outcomes. All but the last four are those of an answered send.
const (
	Approved Outcome = iota // field 39 says so
	Declined                // field 39 says something else
	NoCode                  // the response has no field 39
	Rejected                // the peer did not process it
	NotSent                 // the peer cannot have read a byte of it
	InDoubt                 // the peer may have acted on it
	Failed                  // an error that is none of these: there is no such
	outcomes                // how many there are
)

// String is the outcome's name in a table.
func (o Outcome) String() string {
	return [outcomes + 1]string{
		"approved", "declined", "without a code", "rejected", "not sent", "in doubt", "failed", "unknown",
	}[min(o, outcomes)]
}

// Answered reports whether there was a response.
func (o Outcome) Answered() bool { return o <= NoCode }

// Outcome is what a caller makes of the result.
func (r *Result) Outcome() Outcome {
	switch {
	case r.Err == nil:
		return responseCode(r.Reply)
	case errors.Is(r.Err, messages.ErrNotSent):
		return NotSent
	case errors.Is(r.Err, messages.ErrInDoubt):
		return InDoubt
	case errors.Is(r.Err, messages.ErrRejected):
		return Rejected
	}
	return Failed
}

// responseCode reads field 39: "00" in the versions of 1987, "000" later.
func responseCode(reply *iso8583.Message) Outcome {
	switch code, err := reply.GetString(39); {
	case err != nil || code == "":
		return NoCode
	case code == "00", code == "000":
		return Approved
	}
	return Declined
}

// known are the causes that are counted by name.
var known = []error{
	messages.ErrTimeout, messages.ErrLinkDown, messages.ErrNotSignedOn, messages.ErrOverloaded, messages.ErrDuplicateKey,
	messages.ErrNoKey, messages.ErrNoRequest, messages.ErrDraining, messages.ErrClosed, messages.ErrNoLink,
	messages.ErrFrameTooLarge, messages.ErrPack, messages.ErrUnpack, context.Canceled,
}

// Cause names why a send failed, for counting: one of the causes of package
// messages, or the type of the innermost error.
func Cause(err error) string {
	for _, cause := range known {
		if errors.Is(err, cause) {
			return cause.Error()
		}
	}
	var sendError *messages.SendError
	if errors.As(err, &sendError) {
		err = sendError.Cause
	}
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return fmt.Sprintf("%T", err)
}
