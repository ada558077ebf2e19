package main

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor/linktest"
	"github.com/isolink-go/isolink/testdata/check"
)

// right are a book of four and a log that agree: answered, not sent, in doubt and
// received, in doubt and told late.
func right() (*load, []logged) {
	told := time.Unix(100, 0)
	l := &load{byID: make(map[string]*sent)}
	for _, s := range []*sent{
		{id: "1", outcome: errAnswered},
		{id: "2", outcome: messages.ErrNotSent},
		{id: "3", outcome: messages.ErrInDoubt},
		{id: "4", outcome: messages.ErrInDoubt, late: 1},
	} {
		s.at = told
		l.book = append(l.book, s)
		l.byID[s.id] = s
	}
	return l, []logged{
		{ID: "1"},
		{ID: "1", Replied: true},
		{ID: "3"},
		{ID: "4", At: told.Add(1)},
		{ID: "4", Replied: true},
	}
}

func TestAuditOfARightBook(t *testing.T) {
	l, log := right()
	a := compare(l, log, time.Time{})
	assert.Equal(t, audit{sent: 4, answered: 1, notSent: 1, inDoubt: 2, late: 1, received: 3, afterwards: 1}, a)
	assert.Zero(t, a.wrong())
	assert.Zero(t, compare(l, log, time.Unix(101, 0)).afterwards)
}

// Whatever is wrong in book or log fails its CHECK, and no other.
func TestAuditFindsWhatIsWrong(t *testing.T) {
	for name, wrong := range map[string]struct {
		check string
		spoil func(*load, []logged) []logged
	}{
		"no outcome":              {"lost", func(l *load, log []logged) []logged { l.book[2].outcome = errUnsettled; return log }},
		"another outcome":         {"lost", func(l *load, log []logged) []logged { l.book[2].outcome = errors.New("?"); return log }},
		"another's answer":        {"misdelivered", func(l *load, log []logged) []logged { l.book[0].wrong = true; return log }},
		"answered by nobody":      {"misdelivered", func(_ *load, log []logged) []logged { return slices.Delete(log, 1, 2) }},
		"late and another's":      {"misdelivered", func(l *load, log []logged) []logged { l.book[3].strange = 1; return log }},
		"late and never said":     {"misdelivered", func(_ *load, log []logged) []logged { return log[:4] }},
		"late and nobody's":       {"misdelivered", func(l *load, log []logged) []logged { l.nobodys = 1; return log }},
		"late and not in doubt":   {"misdelivered", func(l *load, log []logged) []logged { l.book[0].late = 1; return log }},
		"late twice":              {"duplicated", func(l *load, log []logged) []logged { l.book[3].late = 2; return log }},
		"received twice":          {"duplicated", func(_ *load, log []logged) []logged { return append(log, logged{ID: "3"}) }},
		"not sent, but received":  {"not sent, and yet received", func(_ *load, log []logged) []logged { return append(log, logged{ID: "2"}) }},
		"received and never sent": {"received, and never sent", func(_ *load, log []logged) []logged { return append(log, logged{ID: "5"}) }},
		"settled too late":        {"settled behind the deadline", func(l *load, log []logged) []logged { l.book[1].took = sendTimeout + slack + 1; return log }},
	} {
		t.Run(name, func(t *testing.T) {
			l, log := right()
			r := result{scenario: scenario{name: "it", restart: true, mends: true}, struck: 1, audit: compare(l, wrong.spoil(l, log), time.Time{})}
			assert.Equal(t, []string{"CHECK " + wrong.check + ": 1 (goal 0) FAIL"}, failed(t, totals([]result{r})))
			assert.Contains(t, failed(t, r.checks()), "CHECK it: wrong outcomes: 1 (goal 0) FAIL")
		})
	}
}

func failed(t *testing.T, lines []check.Line) (failed []string) {
	t.Helper()
	var out bytes.Buffer
	_, err := check.Print(&out, lines...)
	require.NoError(t, err)
	for line := range strings.Lines(out.String()) {
		if strings.HasSuffix(line, " FAIL\n") {
			failed = append(failed, strings.TrimSpace(line))
		}
	}
	return failed
}

// good is a result that meets all goals.
func good() result {
	return result{
		scenario: scenario{name: "it"}, audit: audit{answered: 40, inDoubt: 5, notSent: 5}, struck: 1, failures: 2,
		failed: time.Second, up: time.Second, longest: time.Second,
	}
}

func TestChecksOfAScenario(t *testing.T) {
	require.Empty(t, failed(t, good().checks()))
	for want, spoil := range map[string]func(*result){
		"hung: 1 (goal 0)": func(r *result) { r.hung = true },
		"packets dropped, or hosts stopped: 0 (goal >= 1)":      func(r *result) { r.struck = 0 },
		"answered: 39 (goal >= 40)":                             func(r *result) { r.answered = 39 },
		"in doubt: 4 (goal >= 5)":                               func(r *result) { r.inDoubt = 4 },
		"not sent: 4 (goal >= 5)":                               func(r *result) { r.notSent = 4 },
		"session given up, s: 4 (goal <= 3.05)":                 func(r *result) { r.failed = 4 * time.Second },
		"session given up, s: 4 (goal <= 3)":                    func(r *result) { r.silent, r.failed = true, 4*time.Second },
		"received when the caller had been told: 1 (goal 0)":    func(r *result) { r.afterwards = 1 },
		"up again, s: 4 (goal <= 3.40)":                         func(r *result) { r.up = 4 * time.Second },
		"attempts that failed: 1 (goal >= 2)":                   func(r *result) { r.failures = 1 },
		"longest of them, s: 4 (goal <= 2.90)":                  func(r *result) { r.longest = 4 * time.Second },
		"longest of them, s: 4 (goal <= 3.60)":                  func(r *result) { r.secure, r.longest = true, 4*time.Second },
		"late replies in a later session: 0 (goal >= 1)":        func(r *result) { r.lateLater = true },
		"sessions given up: 1 (goal 0)":                         func(r *result) { r.hold, r.afterwards, r.late = 1, 1, 5 },
		"late replies, one for each in doubt: 4 (goal 5)":       func(r *result) { r.hold, r.afterwards, r.late, r.stayedUp = 1, 1, 4, true },
		"received when the caller had been told: 0 (goal >= 1)": func(r *result) { r.hold, r.late, r.stayedUp = 1, 5, true },
	} {
		r := good()
		spoil(&r)
		assert.Equal(t, []string{"CHECK it: " + want + " FAIL"}, failed(t, r.checks()))
	}
}

// A link that never gave up its session, or never came back, has waited as long as the
// program has: that fails, too.
func TestWhatNeverCameFails(t *testing.T) {
	r := good()
	r.failed, r.up = since(time.Now(), time.Time{}), since(time.Now(), time.Time{})
	assert.Len(t, failed(t, r.checks()), 2)
}

func TestIsAnswer(t *testing.T) {
	id, frame, err := request(7)
	require.NoError(t, err)
	respond := linktest.NewUnpackingResponder(linktest.UnpackingConfig{Spec: spec, DigestField: digestField})
	answer, err := respond(linktest.Frame{Body: frame})
	require.NoError(t, err)
	digest := linktest.DigestText(frame)
	assert.True(t, isAnswer(answer.Body, id, digest))
	assert.False(t, isAnswer(answer.Body, "000000000008", digest))
	assert.False(t, isAnswer(answer.Body, id, linktest.DigestText(frame[1:])))
	assert.False(t, isAnswer(frame, id, digest), "a request")
	assert.False(t, isAnswer(nil, id, digest))
	assert.Equal(t, id, identify(answer))
}
