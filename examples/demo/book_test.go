package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/messages"
)

// TestWhichLinkHadASend: a link's own sends it had itself; of the group's, the error
// names it.
func TestWhichLinkHadASend(t *testing.T) {
	of := func(link string) error {
		return &messages.SendError{Link: link, Outcome: messages.ErrInDoubt, Cause: messages.ErrTimeout}
	}
	for _, c := range []struct {
		column int
		err    error
		link   int
	}{
		{0, of("link-1"), 0},
		{2, messages.ErrNotSent, 2},
		{group, of("link-1"), 0},
		{group, of("link-3"), 2},
		{group, of("group"), unknown},
		{group, messages.ErrNotSent, unknown},
	} {
		b := newBook(columns())
		b.Settled(traffic.Result{Link: c.column, Reference: answeredOnce, Err: c.err})
		got := b.told[answeredOnce]
		if assert.Len(t, got, 1) {
			assert.Equal(t, c.link, got[0].link)
		}
		counts := b.tally.Link(c.column)
		assert.EqualValues(t, 1, counts.Settled())
	}
}
