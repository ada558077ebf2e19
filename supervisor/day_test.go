package supervisor_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// dayHost answers as a host does on a day on which much goes wrong. A net.Pipe holds
// nothing: what it has written, the link has read.
type dayHost struct {
	signHost

	mu   sync.Mutex
	said map[string]int // answers that the link has read, by field 37
	asks int
}

func (h *dayHost) handle(c *linktest.Conn, f linktest.Frame) error {
	if string(f.Body[:2]) == "08" {
		return h.signHost.handle(c, f)
	}
	h.mu.Lock()
	h.asks++
	n := h.asks
	h.mu.Unlock()
	switch {
	case n%61 == 0: // in the late window
		return linktest.Async(linktest.Delay(20*time.Second, h.say))(c, f)
	case n%83 == 0:
		return nil
	case n%89 == 0: // about as long as its sender waits
		return linktest.Async(linktest.Delay(5*time.Second, h.say))(c, f)
	case n%401 == 0: // the answer, then the end
		return linktest.All(h.say, linktest.CloseConn())(c, f)
	case n%503 == 0:
		return linktest.CloseConn()(c, f)
	}
	return linktest.Async(linktest.Delay(time.Duration(20+n%200)*time.Millisecond, h.say))(c, f)
}

func (h *dayHost) say(c *linktest.Conn, f linktest.Frame) error {
	err := linktest.Reply()(c, f)
	if err == nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.said[idOf(f.Body)]++
	}
	return err
}

// dayLedger is what callers were told, by field 37.
type dayLedger struct {
	mu      sync.Mutex
	told    map[string]error
	late    map[string]int
	strange []string
}

func (l *dayLedger) exchange(ctx context.Context, link *supervisor.Link, stan int) {
	frame := newFrame("0200", stan)
	began := time.Now()
	reply, err := link.Exchange(ctx, append([]byte(nil), frame...))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told[idOf(frame)] = err
	if took := time.Since(began); took > 5*time.Second {
		l.strange = append(l.strange, fmt.Sprint(idOf(frame), " took ", took))
	}
	if err == nil && string(reply) != string(response(frame)) {
		l.strange = append(l.strange, idOf(frame)+" has another answer")
	}
}

// balance compares the callers' ledger with that of the host.
func (l *dayLedger) balance(t *testing.T, h *dayHost, rec *linktest.Recorder) (answered, notSent, inDoubt uint64) {
	for id, err := range l.told {
		came, said := rec.Received(id), h.said[id]
		switch {
		case err == nil:
			answered++
			assert.Equal(t, []int{1, 1, 0}, []int{came, said, l.late[id]}, "%s is answered", id)
		case errors.Is(err, messages.ErrNotSent):
			notSent++
			assert.Equal(t, []int{0, 0, 0}, []int{came, said, l.late[id]}, "%s is not sent", id)
		default:
			inDoubt++
			assert.ErrorIs(t, err, messages.ErrInDoubt)
			assert.LessOrEqual(t, came, 1, "%s is in doubt", id)
			assert.Equal(t, said, l.late[id], "%s is in doubt: what the host has said is told late", id)
		}
		delete(h.said, id)
		delete(l.late, id)
	}
	assert.Empty(t, h.said, "answers to nothing")
	assert.Empty(t, l.late, "late replies to nothing")
	assert.Empty(t, l.strange)
	return answered, notSent, inDoubt
}

// TestSimulatedDay: a day in fake time, with the real actors: traffic all day long, a
// host that goes away four times, a sign-off at night, a restart, a pause. In the end
// both ledgers are equal, and nothing is left.
func TestSimulatedDay(t *testing.T) {
	host := &dayHost{signHost: signHost{t: t}, said: make(map[string]int)}
	rec := linktest.NewRecorder(func(f linktest.Frame) string {
		if len(f.Body) != bodySize {
			return ""
		}
		return idOf(f.Body)
	})
	ledger := &dayLedger{told: make(map[string]error), late: make(map[string]int)}
	bubble(t, linktest.PeerConfig{Handle: host.handle, Recorder: rec}, func(c *supervisor.LinkConfig) {
		signing(c)
		c.SignOn.Timeout, c.SignOff.Timeout, c.SignOffOnStop = 5*time.Second, 5*time.Second, true
		var stan atomic.Int64
		c.Echo.Build = messages.ISO87.Builder(signSpec, messages.ISO87.Echo, func(msg *iso8583.Message) error {
			return msg.Field(11, fmt.Sprintf("9%05d", stan.Add(1)))
		})
		c.Logger = quiet
		c.SendTimeout, c.LateWindow = 5*time.Second, time.Minute
		c.OnLate = func(r *messages.LateReply) {
			ledger.mu.Lock()
			defer ledger.mu.Unlock()
			ledger.late[idOf(r.Request)]++
		}
	}, func(t *testing.T, link *supervisor.Link, peer *linktest.Peer) {
		var sends sync.WaitGroup
		day := time.Now().Add(24 * time.Hour)
		sends.Go(func() { live(t, link, peer) })
		for stan := 1; time.Now().Before(day); stan++ {
			sends.Go(func() { ledger.exchange(t.Context(), link, stan) })
			pause := 20 * time.Second // by day
			if hour := time.Now().Hour(); hour < 6 {
				pause = 200 * time.Second
			}
			if stan%100 < 10 { // many at once
				pause = 0
			}
			time.Sleep(pause)
		}
		sends.Wait()
		require.NoError(t, link.Await(t.Context(), messages.Up))
		time.Sleep(2 * time.Minute) // the last late replies

		s := link.Status()
		answered, notSent, inDoubt := ledger.balance(t, host, rec)
		c := s.Counters
		assert.Equal(t, []uint64{answered, notSent, inDoubt}, []uint64{c.Answered, c.NotSent, c.InDoubt})
		assert.Zero(t, s.InFlight+s.InFlightBytes)
		assert.Zero(t, c.Unmatched+c.Dropped+c.Panics)
		t.Logf("%d answered, %d not sent, %d in doubt, %d late, %d sessions, %d attempts, %d echoes",
			answered, notSent, inDoubt, c.Late, s.Session, c.Attempts, c.Echoes)
		for name, least := range map[string][2]uint64{
			"answered": {answered, 2_500}, "not sent": {notSent, 50}, "in doubt": {inDoubt, 50}, "late": {c.Late, 25},
			"sessions": {s.Session, 10}, "attempts": {c.Attempts, 60}, "echoes": {c.Echoes, 200},
		} {
			assert.GreaterOrEqual(t, least[0], least[1], name)
		}
	})
}

// live is what is done to a link in a day, beside its traffic.
func live(t *testing.T, link *supervisor.Link, peer *linktest.Peer) {
	const hour = time.Hour
	midnight, ctx := time.Now(), t.Context()
	at := func(d time.Duration) { time.Sleep(time.Until(midnight.Add(d))) }
	away := func(d, lasts time.Duration) {
		at(d)
		assert.NoError(t, peer.SetAdmission(linktest.Refuse))
		for _, c := range peer.Conns() {
			assert.NoError(t, c.Close())
		}
		time.Sleep(lasts)
		assert.NoError(t, peer.SetAdmission(linktest.Admit))
		assert.NoError(t, link.Await(ctx, messages.Up))
		assert.LessOrEqual(t, time.Since(midnight), d+lasts+time.Minute, "it is back in time")
	}
	at(2 * hour)
	assert.NoError(t, link.SignOff(ctx))
	assert.Equal(t, messages.SignedOff, link.Status().State)
	at(2*hour + 20*time.Minute)
	assert.NoError(t, link.SignOn(ctx))
	away(4*hour, time.Minute)
	away(9*hour, 10*time.Minute)
	at(12 * hour)
	assert.NoError(t, link.Restart(ctx))
	away(15*hour, 20*time.Minute)
	at(18 * hour)
	assert.NoError(t, link.Pause(ctx))
	assert.Equal(t, messages.Paused, link.Status().State)
	at(18*hour + 5*time.Minute)
	assert.NoError(t, link.Resume())
	away(21*hour, time.Hour)
}
