package traffic

import (
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/messages"
)

// linkFunc is a link that does what the function does.
type linkFunc func(ctx context.Context, frame []byte) ([]byte, error)

func (f linkFunc) Exchange(ctx context.Context, frame []byte) ([]byte, error) { return f(ctx, frame) }

// results collects what an observer is told.
type results struct {
	mu   sync.Mutex
	sent []int
	all  []Result
}

func (r *results) Sent(link int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, link)
}

func (r *results) Settled(result Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, result)
}

func (r *results) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.sent)
}

func newSender(t *testing.T, observer Observer, links ...Link) *Sender {
	t.Helper()
	samples, err := ReadSamples(strings.NewReader(line(t, "0800", map[int]string{70: "301"})), spec87.Spec)
	require.NoError(t, err)
	return &Sender{
		Links: links, Spec: spec87.Spec, Samples: samples, STANs: stansFrom(t, 1),
		FirstReference: 1, Observer: observer, Rate: 100, Timeout: time.Second,
	}
}

// approve answers as a host does.
func approve(_ context.Context, frame []byte) ([]byte, error) {
	message := iso8583.NewMessage(spec87.Spec)
	if err := message.Unpack(frame); err != nil {
		return nil, err
	}
	message.MTI("0810")
	if err := message.Field(39, "00"); err != nil {
		return nil, err
	}
	return message.Pack()
}

func TestTheSenderKeepsItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := new(results)
		s := newSender(t, seen, linkFunc(approve), linkFunc(approve))
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		assert.True(t, s.Run(ctx))
		// The last tick and the end of the context come at the same time.
		assert.InDelta(t, 300, len(seen.all), 2)
		assert.Len(t, seen.sent, len(seen.all))
	})
}

func TestTheSenderStopsAtItsCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := new(results)
		s := newSender(t, seen, linkFunc(approve), linkFunc(approve), linkFunc(approve))
		s.Count = 7
		assert.True(t, s.Run(t.Context()))
		assert.Equal(t, []int{0, 1, 2, 0, 1, 2, 0}, seen.sent, "links take turns")
		references := make(map[string]bool)
		for _, r := range seen.all {
			require.NoError(t, r.Err)
			assert.Equal(t, Approved, r.Outcome())
			references[r.Reference] = true
		}
		assert.Len(t, references, 7)
	})
}

func TestResultsTellWhatWasSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var frames [][]byte
		seen := new(results)
		s := newSender(t, seen, linkFunc(func(ctx context.Context, frame []byte) ([]byte, error) {
			frames = append(frames, frame)
			return approve(ctx, frame)
		}))
		s.Count = 1
		require.True(t, s.Run(t.Context()))
		require.Len(t, seen.all, 1)
		got := seen.all[0]
		assert.Equal(t, sha256.Sum256(frames[0]), got.Digest)
		assert.Equal(t, s.reference(1), got.Reference)
		sent := fields(t, frames[0])
		assert.Equal(t, got.Reference, sent[ReferenceField])
		assert.Equal(t, "000001", sent[STANField])
	})
}

func TestReferencesCountFromTheFirst(t *testing.T) {
	for first, want := range map[uint64][]string{
		1:                     {"000000000001", "000000000002", "000000000003"},
		references - 1:        {"999999999999", "000000000000", "000000000001"},
		1_700_000_000_000_000: {"000000000000", "000000000001", "000000000002"},
	} {
		s := Sender{FirstReference: first}
		for i := range want {
			assert.Equal(t, want[i], s.reference(uint64(i+1)))
		}
	}
}

// awayStore gives no STANs.
type awayStore struct{ err error }

func (s awayStore) Reserve(uint64) (uint64, error) { return 0, s.err }

func TestWithoutASTANNothingIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen, away := new(results), errors.New("away")
		s := newSender(t, seen, linkFunc(approve))
		var err error
		s.STANs, err = messages.NewSTANs(messages.STANConfig{Store: awayStore{away}})
		require.NoError(t, err)
		s.Count = 1
		require.True(t, s.Run(t.Context()))
		assert.Equal(t, NotSent, seen.all[0].Outcome())
		assert.ErrorIs(t, seen.all[0].Err, away)
	})
}

func TestAnUnreadableReplyIsInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := new(results)
		s := newSender(t, seen, linkFunc(func(context.Context, []byte) ([]byte, error) { return []byte("08"), nil }))
		s.Count = 1
		require.True(t, s.Run(t.Context()))
		assert.Equal(t, InDoubt, seen.all[0].Outcome())
		assert.ErrorIs(t, seen.all[0].Err, messages.ErrUnpack)
	})
}

func TestAnErrorIsPassedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wanted := errors.New("as it came")
		seen := new(results)
		s := newSender(t, seen, linkFunc(func(context.Context, []byte) ([]byte, error) { return nil, wanted }))
		s.Count = 1
		require.True(t, s.Run(t.Context()))
		assert.ErrorIs(t, seen.all[0].Err, wanted)
		assert.Nil(t, seen.all[0].Reply)
	})
}

// TestASlowLinkLowersTheRate: what is under way is bounded.
func TestASlowLinkLowersTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := new(results)
		release := make(chan struct{})
		s := newSender(t, seen, linkFunc(func(ctx context.Context, frame []byte) ([]byte, error) {
			<-release
			return approve(ctx, frame)
		}))
		s.limit = 20
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		time.AfterFunc(1500*time.Millisecond, func() { close(release) })
		assert.True(t, s.Run(ctx))
		assert.Equal(t, s.limit, seen.count())
	})
}

func TestASendThatDoesNotReturnIsNotWaitedForForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		seen := new(results)
		s := newSender(t, seen, linkFunc(func(ctx context.Context, frame []byte) ([]byte, error) {
			<-release
			return approve(ctx, frame)
		}))
		s.Count = 1
		start := time.Now()
		assert.False(t, s.Run(t.Context()))
		assert.GreaterOrEqual(t, time.Since(start), s.Timeout+patience)
		assert.Empty(t, seen.all)
	})
}
