package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/internal/issuer"
	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/testdata/check"
)

// account is a run in which everything that can happen has happened, and
// nothing is wrong.
type account struct {
	book       *book
	entries    []entry
	halfClosed map[[2]int]bool
	sent       uint64
}

const (
	answeredOnce    = "000000000001"
	answeredDouble  = "000000000002"
	unsent          = "000000000003"
	timedOut        = "000000000004"
	cutOff          = "000000000005"
	lateOne         = "000000000006"
	beforeHalfClose = "000000000007" // answered, on the connection that was then half-closed
	groupAnswered   = "000000000008" // over link 1
	groupUnsent     = "000000000009" // passed on by link 1, and not sent by link 2 either
	groupRefused    = "000000000010" // no link was up
	groupLate       = "000000000011" // over link 1
)

func digestOf(reference string) [sha256.Size]byte { return sha256.Sum256([]byte(reference)) }

func honest() *account {
	a := &account{book: newBook(columns()), halfClosed: map[[2]int]bool{{0, 2}: true}}
	link := 0
	tell := func(reference string, outcome traffic.Outcome, session uint64, cause error) {
		a.book.told[reference] = append(a.book.told[reference], told{
			link: link, outcome: outcome, digest: digestOf(reference), proven: outcome.Answered(),
			session: session, cause: cause, took: sendTimeout,
		})
		a.sent++
	}
	tell(answeredOnce, traffic.Approved, 0, nil)
	tell(answeredDouble, traffic.Declined, 0, nil)
	tell(unsent, traffic.NotSent, 0, messages.ErrLinkDown)
	tell(timedOut, traffic.InDoubt, 2, messages.ErrTimeout)
	tell(cutOff, traffic.InDoubt, 1, fmt.Errorf("%w: reset", messages.ErrLinkDown))
	tell(lateOne, traffic.InDoubt, 1, messages.ErrTimeout)
	tell(beforeHalfClose, traffic.Approved, 0, nil)
	link = unknown // the group's sends
	tell(groupAnswered, traffic.Approved, 0, nil)
	tell(groupRefused, traffic.NotSent, 0, messages.ErrLinkDown)
	link = 2
	tell(groupUnsent, traffic.NotSent, 0, messages.ErrOverloaded)
	link = 1
	tell(groupLate, traffic.InDoubt, 3, messages.ErrTimeout)
	a.book.ended[sessionID{0, 1}] = true
	a.book.unmatched = []string{answeredDouble}
	a.book.late = []late{
		{reference: lateOne, digest: digestOf(lateOne), proven: true, moved: true},
		{reference: groupLate, digest: digestOf(groupLate), proven: true, link: 1},
	}

	a.log(0, 1, issuer.Received, answeredOnce, answeredDouble, timedOut, cutOff, lateOne)
	a.log(0, 2, issuer.Received, beforeHalfClose)
	for _, reference := range []string{answeredOnce, answeredDouble, answeredDouble} {
		a.log(0, 1, issuer.Replying, reference)
		a.log(0, 1, issuer.Replied, reference)
	}
	a.log(0, 2, issuer.Replying, beforeHalfClose, lateOne)
	a.log(0, 2, issuer.Replied, beforeHalfClose, lateOne)
	a.log(1, 1, issuer.Received, groupAnswered, groupLate)
	a.log(1, 1, issuer.Replying, groupAnswered, groupLate)
	a.log(1, 1, issuer.Replied, groupAnswered, groupLate)
	// The links' own echoes are nobody's send.
	a.entries = append(a.entries, entry{}, entry{})
	return a
}

func (a *account) log(host, conn int, at issuer.Stage, references ...string) {
	for _, reference := range references {
		a.entries = append(a.entries, entry{host: host, Entry: issuer.Entry{
			Stage: at, Conn: conn, Reference: reference, Digest: digestOf(reference),
		}})
	}
}

// forget takes a reference out of the ledger.
func (a *account) forget(reference string) {
	a.entries = slices.DeleteFunc(a.entries, func(e entry) bool { return e.Reference == reference })
}

func (a *account) change(reference string, how func(*told)) {
	how(&a.book.told[reference][0])
}

// failing are the names of the checks that fail.
func (a *account) failing() (names []string) {
	for _, c := range newAudit(a.book, a.entries, a.halfClosed, sendTimeout).safety(a.sent) {
		if !c.OK {
			names = append(names, c.Name)
		}
	}
	return names
}

func TestAnHonestRunPasses(t *testing.T) {
	a := honest()
	require.Empty(t, a.failing())
	// A session that was reset from this side may lose answers.
	a.change(beforeHalfClose, func(t *told) {
		*t = told{outcome: traffic.InDoubt, digest: t.digest, session: 1, cause: messages.ErrLinkDown}
	})
	a.book.silent[sessionID{0, 1}] = true
	require.Empty(t, a.failing())
}

func TestEachCheckFails(t *testing.T) {
	const lost = "lost"
	for _, c := range []struct {
		check string
		wrong func(*account)
	}{
		{lost, func(a *account) { a.sent++ }},
		{lost, func(a *account) { a.sent-- }},
		{"settled more than once", func(a *account) {
			a.book.told[answeredOnce] = append(a.book.told[answeredOnce], a.book.told[answeredOnce][0])
		}},
		{"failed without one of the outcomes", func(a *account) {
			a.change(unsent, func(t *told) { t.outcome = traffic.Failed })
		}},
		{"not sent, but seen by the host", func(a *account) { a.log(0, 1, issuer.Received, unsent) }},
		{"not sent, but seen by the host", func(a *account) { a.log(1, 1, issuer.Received, groupUnsent) }},
		{"not sent, but seen by the host", func(a *account) { a.log(2, 1, issuer.Received, groupRefused) }},
		{"answered, but unknown to the host", func(a *account) { a.forget(answeredOnce) }},
		{"answered, but unknown to the host", func(a *account) {
			a.forget(answeredOnce)
			a.log(0, 1, issuer.Received, answeredOnce)
		}},
		{"duplicated at the host", func(a *account) { a.log(0, 2, issuer.Received, timedOut) }},
		{"duplicated at the host", func(a *account) { a.log(2, 1, issuer.Received, groupAnswered) }},
		{"misdelivered", func(a *account) { a.change(answeredOnce, func(t *told) { t.proven = false }) }},
		{"misdelivered", func(a *account) { a.change(groupAnswered, func(t *told) { t.digest[0]++ }) }},
		{"misdelivered", func(a *account) { a.change(groupLate, func(t *told) { t.link = 2 }) }},
		{"misdelivered", func(a *account) { a.change(timedOut, func(t *told) { t.digest[0]++ }) }},
		{"misdelivered", func(a *account) { a.change(answeredOnce, func(t *told) { t.link = 1 }) }},
		{"in doubt without cause", func(a *account) { a.change(timedOut, func(t *told) { t.took = sendTimeout - 1 }) }},
		{"in doubt without cause", func(a *account) { a.change(timedOut, func(t *told) { t.session = 0 }) }},
		{"in doubt without cause", func(a *account) { a.change(cutOff, func(t *told) { t.session = 2 }) }},
		{"in doubt without cause", func(a *account) { a.change(groupLate, func(t *told) { t.link = unknown }) }},
		{"in doubt without cause", func(a *account) {
			a.change(timedOut, func(t *told) { t.cause = errors.New("some other") })
		}},
		{"answered before the end of the session, but in doubt", func(a *account) {
			a.change(beforeHalfClose, func(t *told) {
				*t = told{outcome: traffic.InDoubt, digest: t.digest, session: 1, cause: messages.ErrLinkDown}
			})
		}},
		{"late replies that belong to a send in doubt", func(a *account) {
			a.book.late = append(a.book.late, a.book.late[0])
		}},
		{"late replies that belong to a send in doubt", func(a *account) { a.book.late[0].reference = answeredOnce }},
		{"late replies that belong to a send in doubt", func(a *account) { a.book.late[0].reference = "" }},
		{"late replies that belong to a send in doubt", func(a *account) { a.book.late[1].link = 2 }},
		{"late replies that belong to a send in doubt", func(a *account) { a.book.late[0].proven = false }},
		{"late replies that belong to a send in doubt", func(a *account) { a.book.late[0].digest[0]++ }},
		{"frames that nobody waited for, and no second replies", func(a *account) {
			a.book.unmatched = append(a.book.unmatched, answeredOnce)
		}},
		{"frames that nobody waited for, and no second replies", func(a *account) {
			a.book.unmatched = append(a.book.unmatched, answeredDouble)
		}},
		{"frames that nobody waited for, and no second replies", func(a *account) {
			a.book.unmatched = append(a.book.unmatched, "")
		}},
	} {
		a := honest()
		c.wrong(a)
		assert.Contains(t, a.failing(), c.check)
	}
}

func TestACheckSaysWhatItHasFound(t *testing.T) {
	assert.Equal(t, "CHECK lost: 0 (goal 0) ok", check.None("lost", 0).String())
	assert.Equal(t, "CHECK lost: 2 (goal 0) FAIL", check.None("lost", 2).String())
	assert.Equal(t, "CHECK lost: -1 (goal 0) FAIL", check.None("lost", -1).String())
	assert.Equal(t, "CHECK late: 7 (goal >= 7) ok", check.AtLeast("late", 7, 7).String())
	assert.Equal(t, "CHECK late: 6 (goal >= 7) FAIL", check.AtLeast("late", 6, 7).String())
	assert.Equal(t, "CHECK up: 3 (goal 3) ok", check.Exactly("up", 3, 3).String())
	assert.Equal(t, "CHECK up: 4 (goal 3) FAIL", check.Exactly("up", 4, 3).String())
}
