package actors

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/isolink-go/isolink/messages"
)

// TestSimulationNotices: a ledger that is wrong fails the run.
func TestSimulationNotices(t *testing.T) {
	inDoubt := &messages.SendError{Outcome: messages.ErrInDoubt}
	notSent := &messages.SendError{Outcome: messages.ErrNotSent}
	reply := func(rrn, serial uint64) []byte { return simResponse("0210", "999001", rrn, serial, "00") }
	for name, c := range map[string]struct {
		what  string
		wrong func(s *simulation, r *simRequest)
	}{
		"settled twice": {"duplicated", func(s *simulation, r *simRequest) {
			s.judge(r, kindSend, nil, inDoubt)
			s.judge(r, kindSend, nil, inDoubt)
		}},
		"settled late": {"hung", func(s *simulation, r *simRequest) {
			r.deadline = -int64(time.Second)
			s.judge(r, kindSend, nil, inDoubt)
		}},
		"not sent, and on the wire": {"illegal", func(s *simulation, r *simRequest) {
			r.touched = true
			s.judge(r, kindSend, nil, notSent)
		}},
		"no outcome": {"illegal", func(s *simulation, r *simRequest) { s.judge(r, kindSend, nil, errors.New("what?")) }},
		"another's answer": {"misdelivered", func(s *simulation, r *simRequest) {
			s.answers[1] = &simAnswer{serial: 1, rrn: 8}
			s.judge(r, kindSend, reply(8, 1), nil)
		}},
		"an answer that nobody gave": {"duplicated", func(s *simulation, r *simRequest) {
			s.judge(r, kindSend, reply(7, 1), nil)
		}},
		"a late reply told twice": {"duplicated", func(s *simulation, r *simRequest) {
			s.answers[1] = &simAnswer{serial: 1, rrn: 7}
			s.judge(r, kindSend, nil, inDoubt)
			for range 2 {
				s.late(&messages.LateReply{Request: r.frame, Response: reply(7, 1)})
			}
		}},
		"a link that nothing brings back": {"hung", func(s *simulation, _ *simRequest) {
			l := s.links[0]
			l.world.machine.phase, l.attempt = phaseConnecting, 0
			l.judgeWay()
		}},
		"a timer that is lost": {"illegal", func(s *simulation, _ *simRequest) {
			l := s.links[0]
			l.world.armed[timerBackoff] = true
			l.judgeWay()
		}},
		"written twice": {"duplicated", func(s *simulation, r *simRequest) {
			c := &simConn{simulation: s, link: r.link}
			c.offered(r.frame)
			c.offered(r.frame)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSimulation(1)
				r := &simRequest{id: 14, stan: "999001", frame: simFrame("0200", "999001", 7), link: s.links[0], deadline: int64(time.Second)}
				s.sent[r.id] = r
				c.wrong(s, r)
				assert.Positive(t, s.faults[c.what], "%v", s.faults)
				failed := make(map[string]bool)
				for _, check := range s.checks(day, s) {
					failed[check.Name] = !check.OK
				}
				assert.True(t, failed[c.what])
				assert.True(t, failed["answered"], "a run in which nothing came proves nothing")
			})
		})
	}
}

// TestSimulationsDiffer: another seed makes another trace.
func TestSimulationsDiffer(t *testing.T) {
	one, other := simulate(t, 1, time.Hour/2), simulate(t, 2, time.Hour/2)
	assert.NotEqual(t, one.digest.Sum64(), other.digest.Sum64())
	checks := one.checks(time.Hour/2, other)
	assert.False(t, checks[len(checks)-1].OK)
}
