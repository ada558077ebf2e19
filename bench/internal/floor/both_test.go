package floor_test

import (
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/bench/internal/floor"
	"github.com/isolink-go/isolink/bench/internal/host"
	"github.com/isolink-go/isolink/bench/internal/sample"
)

func forBoth(t *testing.T, test func(t *testing.T, c client, p peer)) {
	for _, b := range both {
		t.Run(b.name, func(t *testing.T) {
			conn, p := connect(t)
			c := b.make(conn)
			defer func() { assert.NoError(t, c.Close()) }()
			test(t, c, p)
		})
	}
}

func TestResponsesOutOfOrder(t *testing.T) {
	forBoth(t, func(t *testing.T, c client, p peer) {
		const exchanges = 20
		done := make(map[uint32]<-chan result)
		for stan := range uint32(exchanges) {
			done[stan] = start(t, c, request(stan))
		}
		var responses [][]byte
		for range exchanges {
			responses = append([][]byte{response(stanOf(t, p.read()))}, responses...)
		}
		p.send(responses...)
		for stan, d := range done {
			r := <-d
			require.NoError(t, r.err)
			assert.NoError(t, sample.Two.Verify(r.response, stan))
		}
	})
}

// What is no response to a request in flight must settle nothing: keep-alives, other
// classes, the peer's own requests, short bodies, unknown STANs. What settled by
// one of them would have it as its response.
func TestForeignFramesSettleNothing(t *testing.T) {
	forBoth(t, func(t *testing.T, c client, p peer) {
		done := start(t, c, request(7))
		p.read()
		other := response(7)
		other[1] = '8'
		p.send(nil, []byte("0210"), other, request(7), response(8))
		p.send(response(7))
		r := <-done
		require.NoError(t, r.err)
		require.NoError(t, sample.Two.Verify(r.response, 7))
		if counting, ok := c.(contractClient); ok {
			assert.Equal(t, floor.Counts{Unmatched: 5}, counting.Counts())
		}
	})
}

func TestResponseInPieces(t *testing.T) {
	forBoth(t, func(t *testing.T, c client, p peer) {
		done := start(t, c, request(7))
		p.read()
		stream := append([]byte{0, byte(sample.Two.Size())}, response(7)...)
		for i := range stream {
			_, err := p.conn.Write(stream[i : i+1])
			require.NoError(t, err)
		}
		require.NoError(t, (<-done).err)
	})
}

// What came before the end of the connection counts, and all else settles with the
// end.
func TestConnectionLossSettlesAll(t *testing.T) {
	forBoth(t, func(t *testing.T, c client, p peer) {
		const exchanges = 30
		done := make(map[uint32]<-chan result)
		for stan := range uint32(exchanges) {
			done[stan] = start(t, c, request(stan))
		}
		for range exchanges {
			p.read()
		}
		p.send(response(3), response(4))
		require.NoError(t, p.conn.Close())
		for stan, d := range done {
			r := <-d
			if stan == 3 || stan == 4 {
				require.NoError(t, r.err)
				assert.NoError(t, sample.Two.Verify(r.response, stan))
				continue
			}
			assert.Error(t, r.err)
		}
		assert.Error(t, (<-start(t, c, request(99))).err, "nothing is sent on a lost connection")
	})
}

func TestCloseSettlesAll(t *testing.T) {
	forBoth(t, func(t *testing.T, c client, p peer) {
		first, second := start(t, c, request(1)), start(t, c, request(2))
		p.read()
		p.read()
		require.NoError(t, c.Close())
		for _, d := range []<-chan result{first, second, start(t, c, request(3))} {
			assert.ErrorIs(t, (<-d).err, floor.ErrClosed)
		}
		_, err := readBody(p.conn)
		assert.Error(t, err, "nothing more was written")
	})
}

func TestRefusesWhatItCannotMatchOrFrame(t *testing.T) {
	forBoth(t, func(t *testing.T, c client, _ peer) {
		assert.ErrorIs(t, c.exchange(t, nil).err, floor.ErrNoKey)
		assert.ErrorIs(t, c.exchange(t, request(1)[:stanAt+5]).err, floor.ErrNoKey)
		assert.ErrorIs(t, c.exchange(t, response(1)).err, floor.ErrNoKey)
		assert.ErrorIs(t, c.exchange(t, append(request(1), make([]byte, 1<<16)...)).err, floor.ErrTooLong)
	})
}

func TestLongestBody(t *testing.T) {
	forBoth(t, func(t *testing.T, c client, p peer) {
		long := append(request(1), make([]byte, 1<<16-1-sample.Two.Size())...)
		done := start(t, c, long)
		body := p.read()
		require.Len(t, body, 1<<16-1)
		sample.Answer(body)
		p.send(body)
		assert.Len(t, (<-done).response, 1<<16-1)
	})
}

func TestManyCallersAgainstTheHost(t *testing.T) {
	const callers, exchanges = 50, 200
	for _, b := range both {
		t.Run(b.name, func(t *testing.T) {
			h, err := host.Listen()
			require.NoError(t, err)
			conn, err := net.Dial("tcp", h.Addr())
			require.NoError(t, err)
			c := b.make(conn)
			errs := make(chan error, callers*exchanges)
			var wait sync.WaitGroup
			for caller := range callers {
				wait.Go(func() {
					for seq := range uint64(exchanges) {
						stan := sample.STAN(caller, seq)
						r := c.exchange(t, sample.Two.AppendBody(nil, stan))
						if r.err == nil {
							r.err = sample.Two.Verify(r.response, stan)
						}
						errs <- r.err
					}
				})
			}
			wait.Wait()
			close(errs)
			answered := 0
			for err := range errs {
				require.NoError(t, err)
				answered++
			}
			assert.Equal(t, callers*exchanges, answered)
			require.NoError(t, c.Close())
			require.NoError(t, h.Close())
		})
	}
}
