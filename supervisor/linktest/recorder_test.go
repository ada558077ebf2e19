package linktest_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/supervisor/linktest"
)

// lastTwo takes the last two bytes of a body for its identifier.
func lastTwo(f linktest.Frame) string { return string(f.Body[len(f.Body)-2:]) }

func TestRecorderLog(t *testing.T) {
	r := linktest.NewRecorder(lastTwo)
	before := time.Now()
	r.LogReceived(1, linktest.Frame{Seq: 7, Body: []byte("0200-A1")})
	r.LogReplied(1, linktest.Frame{Seq: 7, Body: []byte("0210-A1")})
	r.LogReceived(2, linktest.Frame{Seq: 1, Body: []byte("0200-A1")})
	r.LogReceived(2, linktest.Frame{Seq: 2, Body: []byte("----B2")})

	log := r.All()
	require.Len(t, log, 4)
	for i, e := range log {
		assert.Equal(t, i+1, e.Seq)
		assert.False(t, e.At.Before(before))
		log[i].At = time.Time{}
	}
	assert.Equal(t, linktest.Entry{
		Seq: 1, Conn: 1, Frame: 7, Kind: linktest.Received,
		MTI: "0200", ID: "A1", Digest: sha256.Sum256([]byte("0200-A1")),
	}, log[0])
	assert.Equal(t, linktest.Entry{
		Seq: 2, Conn: 1, Kind: linktest.Replied,
		MTI: "0210", ID: "A1", Digest: sha256.Sum256([]byte("0210-A1")),
	}, log[1])
	assert.Equal(t, []any{"", "B2"}, []any{log[3].MTI, log[3].ID})

	assert.Equal(t, 2, r.Received("A1"))
	assert.Equal(t, 1, r.Replied("A1"))
	assert.Equal(t, 1, r.Received("B2"))
	assert.Zero(t, r.Replied("B2"))
	assert.Zero(t, r.Received("C3"))
	assert.Equal(t, 3, r.Total())
}

func TestEntryKindString(t *testing.T) {
	assert.Equal(t, "received replied unknown",
		fmt.Sprint(linktest.Received, " ", linktest.Replied, " ", linktest.EntryKind(0)))
}

func TestRecorderWithoutIdentifiers(t *testing.T) {
	r := linktest.NewRecorder(nil)
	r.LogReceived(1, linktest.Frame{Body: []byte("0800")})
	assert.Equal(t, 1, r.Received(""))
}

func TestIDFromField(t *testing.T) {
	id := linktest.IDFromField(iso8583.Spec87, 37)
	body := pack(t, "0200", map[int]string{11: "123456", 37: "000000000042"})
	assert.Equal(t, "000000000042", id(linktest.Frame{Body: body}))
	assert.Empty(t, id(linktest.Frame{Body: pack(t, "0800", map[int]string{11: "000001"})}))
	assert.Empty(t, id(linktest.Frame{Body: body[:9]}))
	assert.Empty(t, linktest.IDFromField(iso8583.Spec87, 999)(linktest.Frame{Body: body}))
}

func TestRecorderTakesAHundredThousandFromManyGoroutines(t *testing.T) {
	const goroutines, each = 8, 12_500
	r := linktest.NewRecorder(func(f linktest.Frame) string { return string(f.Body) })
	done := make(chan error, 1)
	go func() { done <- r.WaitTotal(deadline(t), goroutines*each) }()
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := range each {
				r.LogReceived(g, linktest.Frame{Body: fmt.Appendf(nil, "%d-%d", g, i)})
			}
		})
	}
	wg.Wait()
	require.NoError(t, <-done)
	seen := map[string]bool{}
	for i, e := range r.All() {
		assert.Equal(t, i+1, e.Seq)
		seen[e.ID] = true
	}
	assert.Len(t, seen, goroutines*each)
	assert.Equal(t, 1, r.Received("7-12499"))
}

func TestRecorderWaitEndsWithItsContext(t *testing.T) {
	r := linktest.NewRecorder(nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, r.WaitTotal(ctx, 1), context.Canceled)
	r.LogReplied(1, linktest.Frame{})
	require.ErrorIs(t, r.WaitTotal(ctx, 1), context.Canceled, "a reply is not received")
	assert.NoError(t, r.WaitTotal(ctx, 0))
}

func BenchmarkRecorder(b *testing.B) {
	r := linktest.NewRecorder(lastTwo)
	f := linktest.Frame{Body: make([]byte, 200)}
	b.ReportAllocs()
	for b.Loop() {
		r.LogReceived(1, f)
	}
}
