package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/testdata/check"
)

const (
	forgedSlack = 100 * time.Millisecond
	second      = int64(time.Second)
)

// forged is a ledger of 5 exchanges, in which all is well: 1 answered, 2 not sent,
// 3 in doubt, with a late reply, 4 rejected, 5 asked by a raw host.
func forged(t *testing.T) *ledger {
	t.Helper()
	l := newLedger()
	key, err := messages.NewKey(messages.MTI{'0', '2', '0', '0'}, "000003")
	require.NoError(t, err)
	for _, a := range []ask{
		{outcome: answered, proven: true, settled: 1, start: second, at: 2 * second, deadline: 3 * second},
		{outcome: notSent, cause: byLinkDown, settled: 1, start: second, at: second, deadline: 3 * second},
		{outcome: inDoubt, cause: byTimeout, settled: 1, start: second, at: 3 * second, deadline: 3 * second, session: 4, link: 1, key: key},
		{outcome: rejected, cause: byReject, settled: 1, start: second, at: 2 * second, deadline: 3 * second},
		{foreign: true},
	} {
		l.asked(a, func(id uint64) string { return contentOf(id, 10) })
	}
	for _, n := range []struct {
		id   uint64
		deed deed
		at   int64
	}{
		{1, handed, second},
		{1, received, second},
		{1, replying, second + 1},
		{1, read, second + 2},
		{3, handed, second},
		{3, received, second},
		{3, replying, 4 * second},
		{3, read, 4*second + 1},
		{4, handed, second},
		{4, received, second},
		{4, rejecting, second + 1},
		{5, received, second},
		{5, replying, second},
		{5, repliedBack, second},
	} {
		logged(l, n.id, n.deed, n.at)
	}
	l.noteLate(late{id: 3, asked: 3, digest: digestOf(3, contentOf(3, 10)), key: key, link: 1, on: 1, session: 4, at: 4 * second})
	return l
}

func logged(l *ledger, id uint64, d deed, at int64) {
	l.hosts.add(line{id: id, digest: digestOf(id, contentOf(id, 10)), deed: d, at: at, conn: 9})
}

func failing(l *ledger) (names []string) {
	for _, c := range newAudit(l, forgedSlack).checks() {
		if !c.OK {
			names = append(names, c.Name)
		}
	}
	return names
}

func TestAuditOfAGoodLedger(t *testing.T) {
	a := newAudit(forged(t), forgedSlack)
	for _, c := range a.checks() {
		assert.True(t, c.OK, c)
	}
	assert.Contains(t, a.checks(), check.Exactly("asked = answered + not sent + in doubt + rejected", 4, 4))
}

// TestAuditOfForgedLedgers: each lie fails its check.
func TestAuditOfForgedLedgers(t *testing.T) {
	change := func(id uint64, do func(*ask)) func(*ledger) { return func(l *ledger) { l.with(id, do) } }
	logs := func(id uint64, deeds ...deed) func(*ledger) {
		return func(l *ledger) {
			for _, d := range deeds {
				logged(l, id, d, second)
			}
		}
	}
	later := func(do func(*late)) func(*ledger) { return func(l *ledger) { do(&l.late[0]) } }
	for name, test := range map[string]struct {
		lie    func(*ledger)
		failed []string
	}{
		"lost": {change(1, func(a *ask) { *a = ask{digest: a.digest} }), []string{
			"asked = answered + not sent + in doubt + rejected", "hung",
		}},
		"settled twice": {change(1, func(a *ask) { a.settled = 2 }), []string{"settled more than once"}},
		"without an outcome": {change(1, func(a *ask) { a.outcome = failed }), []string{
			"asked = answered + not sent + in doubt + rejected",
		}},
		"too late":       {change(1, func(a *ask) { a.at = 3*second + 3*int64(forgedSlack) }), []string{"settled after the deadline"}},
		"misdelivered":   {change(1, func(a *ask) { a.proven = false }), []string{"answers that are another's"}},
		"made up":        {change(2, func(a *ask) { a.outcome, a.proven = answered, true }), []string{"answered, but no host has answered"}},
		"before its log": {change(1, func(a *ask) { a.at = second }), []string{"answered, but no host has answered"}},
		"answered by a reply that was not sent": {logs(1, unreplied), []string{
			"answered, but no host has answered",
		}},
		"not sent, and arrived": {logs(2, received), []string{"not sent, but received by a host"}},
		"not sent, and written": {logs(2, handed), []string{"not sent, but handed to the kernel"}},
		"duplicated":            {logs(1, received), []string{"received more than once"}},
		"written twice":         {logs(1, handed), []string{"written more than once"}},
		"changed": {func(l *ledger) {
			l.hosts.add(line{id: 4, deed: received, digest: 1, at: second})
		}, []string{"received more than once", "received with another content"}},
		"rejected by nobody":      {change(2, func(a *ask) { a.outcome = rejected }), []string{"rejected, but no host has rejected"}},
		"rejected, and processed": {logs(4, replying), []string{"rejected, but processed by a host"}},
		"rejected as its original, and written": {func(l *ledger) {
			l.with(3, func(a *ask) { a.outcome, a.original = rejected, 4 })
			l.late = nil
		}, []string{"rejected, but no host has rejected", "rejected, but processed by a host"}},
		"in doubt for nothing": {change(3, func(a *ask) { a.cause = byOverload }), []string{
			"in doubt without a session or a cause",
		}},
		"in doubt, never written": {change(3, func(a *ask) { a.session = 0 }), []string{
			"in doubt without a session or a cause", "late replies with another's key, session or content",
		}},
		"answer not heeded": {logs(3, read), []string{"in doubt, though the answer was there in time"}},
		"by nobody":         {logs(77, received), []string{"messages of exchanges that nobody has begun"}},
		"late, another's content": {later(func(a *late) { a.digest++ }), []string{
			"late replies with another's key, session or content",
		}},
		"late, another key":  {later(func(a *late) { a.key = messages.Key{} }), []string{"late replies with another's key, session or content"}},
		"late, another link": {later(func(a *late) { a.link++ }), []string{"late replies with another's key, session or content"}},
		"late, before its time": {later(func(a *late) { a.early = time.Second }), []string{
			"late replies with another's key, session or content",
		}},
		"late twice": {func(l *ledger) { l.noteLate(l.late[0]) }, []string{"late replies told twice, or of what is not in doubt"}},
		"answered, and late": {change(3, func(a *ask) { a.outcome, a.proven, a.at = answered, true, 5*second; a.deadline = a.at }), []string{
			"late replies told twice, or of what is not in doubt",
		}},
		"late, not told":  {func(l *ledger) { l.late = nil }, []string{"late replies that came, and were not told"}},
		"nobody's answer": {func(l *ledger) { l.noteUnmatched(unmatched{id: 1}) }, []string{"frames that nobody waited for, and no second answers"}},
		"host answered twice": {logs(5, repliedBack), []string{
			"requests of hosts that were answered twice",
		}},
		"host got another's answer": {func(l *ledger) { l.with(5, func(a *ask) { a.digest++ }) }, []string{
			"requests of hosts that got another's answer", "requests of hosts that were handled twice, or changed",
		}},
		"handled twice": {logs(5, received), []string{"requests of hosts that were handled twice, or changed"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := forged(t)
			test.lie(l)
			assert.Equal(t, test.failed, failing(l))
		})
	}
}

// TestAuditAllows what is no lie: a second answer that nobody waited for; one that was
// read when the link had ended its session.
func TestAuditAllows(t *testing.T) {
	l := forged(t)
	logged(l, 1, replying, 2*second)
	l.noteUnmatched(unmatched{id: 1})
	l.late = nil
	l.noteEnd(9, ended{at: 4*second + 2, local: true})
	assert.Empty(t, failing(l))

	// A repeat that was never written is rejected with its original.
	l = forged(t)
	l.with(2, func(a *ask) { a.outcome, a.original = rejected, 4 })
	assert.Empty(t, failing(l))

	// A repeat is answered by what the host has made of its original's answer.
	l = forged(t)
	l.with(1, func(a *ask) { a.proven, a.original = false, 3 })
	l.late = nil
	logged(l, 3, mangling, second)
	assert.Empty(t, failing(l))

	// One in doubt was told its original's answer as a late one, and has its own.
	l = forged(t)
	l.with(3, func(a *ask) { a.original = 1 })
	l.late[0].id, l.late[0].digest = 1, l.digestOf(1)
	l.noteUnmatched(unmatched{id: 3})
	assert.Empty(t, failing(l))
}
