package supervisor

import (
	"io"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/messages"
)

// Tap writes each message that the link receives or is about to send, from now on and in
// all its sessions, as readable text to w: a line with time, link, session, direction and
// size, then a line a field, with card data masked as by [messages.Describe]; filters
// come on top, see there. Bytes of Write are shown by their number only. Each message,
// whole, is one Write, by one goroutine at a time. A writer that is too slow for it
// holds up nothing: when 256 messages or 1 MiB of them wait, others are left out,
// and their number is written. A writer that fails or panics ends the tap. There may
// be several.
//
// stop ends it. It waits for a Write under way; nothing is written any more when it
// has returned. It fails with messages.ErrNoLink for an unknown link. When Manager.Apply
// changes the link, there is nothing more to write: a tap is of the link as it is.
func (l *Link) Tap(w io.Writer, filters ...iso8583.FieldFilter) (stop func(), err error) {
	if l.slot == nil {
		return nil, l.failed(messages.ErrNoLink)
	}
	return l.record().Tap(w, filters), nil
}

// Tap is Link.Tap for all sessions of the acceptor.
func (a *Acceptor) Tap(w io.Writer, filters ...iso8583.FieldFilter) (stop func()) {
	return a.record.Tap(w, filters)
}
